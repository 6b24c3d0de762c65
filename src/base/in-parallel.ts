/** Does something with each item, so many at a time; the first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = [...items];
  let failed = false;
  await Promise.all(
    Array.from({ length: Math.min(limit, rest.length) }, async () => {
      for (let item = rest.shift(); item !== undefined && !failed; item = rest.shift())
        await act(item).catch((error: unknown) => {
          failed = true;
          throw error;
        });
    }),
  );
}
