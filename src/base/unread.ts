/** What to do when nobody reads a stream any more (`… | head`, a `tee` that took the same Ctrl-C), which is no error. */
export function whenUnread(stream: NodeJS.WriteStream, act: () => void = () => {}): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    act();
  });
}
