import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createModel } from '../../src/harness/models/create-model.ts';
import type { Message } from '../../src/harness/models/model.ts';

it('speaks to Gemini: calls, thoughts that go back signed, tokens', async () => {
  const bodies: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      bodies.push(JSON.parse(text) as Record<string, unknown>);
      const parts = [
        { text: 'I wonder.', thought: true },
        { functionCall: { name: 'shell', args: { command: 'ls' } }, thoughtSignature: 'signed' },
      ];
      const usageMetadata = {
        promptTokenCount: 30,
        cachedContentTokenCount: 10,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 7,
        totalTokenCount: 42,
      };
      const candidates = [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify({ candidates, usageMetadata, modelVersion: 'test-1' })}\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const model = await createModel('google/test-1', {
      env: { GEMINI_API_KEY: 'k' },
      cwd: '/',
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1beta`,
      settings: { reasoningEffort: 'low' },
      stallMs: 5000,
      nowMs: () => 0,
    });
    const tools = [
      {
        name: 'shell',
        description: 'runs',
        parameters: { type: 'object', properties: { command: { type: 'string' } } },
      },
    ];
    const messages: Message[] = [
      { role: 'system', text: 'be brief' },
      { role: 'user', text: 'look' },
    ];
    const identity = { task: 't', repeat: 0, turn: 1, purpose: 'turn' } as const;
    const signal = new AbortController().signal;
    const reply = await model.generate({ messages, tools, identity }, signal);
    expect(reply.usage).toMatchObject({ input: 30, cached: 10, output: 12, reasoning: 7 });
    const call = reply.parts.find((part) => part.type === 'tool-call');
    expect(call).toMatchObject({ name: 'shell', arguments: '{"command":"ls"}' });
    messages.push({ role: 'assistant', parts: reply.parts });
    messages.push({
      role: 'tool',
      results: [{ callId: call?.callId ?? '', name: 'shell', text: 'README.md', isError: false }],
    });
    await model.generate({ messages, tools, identity: { ...identity, turn: 2 } }, signal);
    expect(bodies[0]).toMatchObject({ generationConfig: { thinkingConfig: { thinkingLevel: 'low' } } });
    expect(JSON.stringify(bodies[1])).toContain('"thoughtSignature":"signed"');
    expect(JSON.stringify(bodies[1])).toContain('README.md');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
