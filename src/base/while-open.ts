/**
 * Runs `use` with a resource and disposes of it afterwards, also when `use` throws. What `await using` does, which
 * Node.js 22 cannot parse.
 */
export async function whileOpen<Resource extends AsyncDisposable, Result>(
  resource: Resource,
  use: (resource: Resource) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(resource);
  } finally {
    await resource[Symbol.asyncDispose]();
  }
}
