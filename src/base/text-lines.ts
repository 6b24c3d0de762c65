/**
 * The lines of a stream of UTF-8 bytes, without their line feeds; carriage returns and other separators stay. What
 * follows the last line feed is a line too, if the stream ends well; a stream that breaks throws and loses it.
 */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      const line = text.slice(from, at);
      yield rest === '' ? line : rest + line;
      rest = '';
      from = at + 1;
    }
    rest += from === 0 ? text : text.slice(from);
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
