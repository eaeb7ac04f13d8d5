import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('native')
})
afterAll(() => api[Symbol.asyncDispose]())

test.for([
  ['the schema status', () => api.services.readSchemaStatus()],
  ['health', () => api.services.checkHealth('read')],
] as const)('who asks for %s while it is read waits for the next, together', async ([, read]) => {
  const [first, ...others] = await Promise.all(Array.from({ length: 100 }, () => read()))
  expect(new Set(others).size).toBe(1)
  expect(others).not.toContain(first)
})
