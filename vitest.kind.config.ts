import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // the sandbox suite runs in `npm test` too, where it skips what needs Docker
    include: ['test/kind/**/*.test.ts', 'test/harness/sandbox/{docker,leftovers,choose-sandbox}.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
