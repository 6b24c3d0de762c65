import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { expect, test } from 'vitest';
import { decodeJsonTraces } from '../../../src/container/recorder/decode-json.ts';
import { decodeLogs, decodeTraces } from '../../../src/container/recorder/decode-protobuf.ts';
import { MalformedBody } from '../../../src/container/recorder/otlp-messages.ts';

interface Sent {
  readonly traceId: string;
  readonly name: string;
  readonly startNanos: bigint;
  readonly texts: readonly (readonly [string, string])[];
  readonly amount: number;
  readonly isRetried: boolean;
}

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString('hex'));
const sent: fc.Arbitrary<Sent> = fc.record({
  traceId: hex(16),
  name: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  startNanos: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  texts: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 4 }),
  amount: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
  isRetried: fc.boolean(),
});

/** An `ExportTraceServiceRequest`, written field by field as opentelemetry-proto numbers them. */
function asProtobuf({ traceId, name, startNanos, texts, amount, isRetried }: Sent): Uint8Array {
  const w = protobuf.Writer.create();
  w.uint32(0x0a).fork().uint32(0x12).fork().uint32(0x12).fork();
  w.uint32(0x0a).bytes(Buffer.from(traceId, 'hex'));
  w.uint32(0x2a).string(name);
  w.uint32(0x39).fixed64(toLong(startNanos));
  for (const [key, value] of texts) {
    w.uint32(0x4a).fork().uint32(0x0a).string(key);
    w.uint32(0x12).fork().uint32(0x0a).string(value).ldelim().ldelim();
  }
  w.uint32(0x4a).fork().uint32(0x0a).string('amount');
  w.uint32(0x12).fork().uint32(0x18).int64(amount).ldelim().ldelim();
  w.uint32(0x4a).fork().uint32(0x0a).string('retried');
  w.uint32(0x12).fork().uint32(0x10).bool(isRetried).ldelim().ldelim();
  // a field of a later version of the protocol
  w.uint32((99 << 3) | 2).string('unknown');
  return w.ldelim().ldelim().ldelim().finish();
}

function toLong(value: bigint): protobuf.Long {
  const { LongBits } = protobuf.util;
  return new LongBits(Number(value & 0xffffffffn), Number(value >> 32n)).toLong(true) as protobuf.Long;
}

function asJson({ traceId, name, startNanos, texts, amount, isRetried }: Sent): string {
  const span = {
    traceId,
    name,
    startTimeUnixNano: String(startNanos),
    attributes: [
      ...texts.map(([key, stringValue]) => ({ key, value: { stringValue } })),
      { key: 'amount', value: { intValue: String(amount) } },
      { key: 'retried', value: { boolValue: isRetried } },
    ],
  };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

test('both encodings of a span mean the same, to the nanosecond', () => {
  fc.assert(
    fc.property(sent, (one) => {
      const [fromProtobuf] = decodeTraces(asProtobuf(one));
      expect(fromProtobuf).toEqual(decodeJsonTraces(asJson(one))[0]);
      expect(fromProtobuf?.records[0]).toMatchObject({
        traceId: one.traceId,
        name: one.name,
        startNanos: one.startNanos,
        attributes: { amount: one.amount, retried: one.isRetried },
      });
    }),
  );
});

test('any bytes are a request or refused as malformed, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isTraces) => {
      try {
        (isTraces ? decodeTraces : decodeLogs)(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBody);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a request that was cut off is refused', () => {
  fc.assert(
    fc.property(sent, fc.nat(), (one, at) => {
      const whole = asProtobuf(one);
      const cut = whole.subarray(0, 1 + (at % (whole.length - 1)));
      expect(() => decodeTraces(cut)).toThrow(MalformedBody);
    }),
  );
});
