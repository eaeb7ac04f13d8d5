import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { limitsOfAnyKind } from '../../src/http/refused-connections.ts'

test('there are no more connections than files that the process may open, and an address keeps its share', () => {
  const limitsWith = (environment: Record<string, string>, openFiles: number) =>
    limitsOfAnyKind(readConfig(environment), openFiles)
  const usual = { connections: 40_100, connectionsPerAddress: 20_100 }
  expect(limitsWith({}, Number.POSITIVE_INFINITY)).toEqual(usual)
  expect(limitsWith({}, 1_048_576)).toEqual(usual)
  expect(limitsWith({}, 20_000)).toEqual({ connections: 19_800, connectionsPerAddress: 9925 })
  expect(limitsWith({ TRUST_PROXY: '10.0.0.1', PUBLIC_READ: 'true' }, 1024)).toEqual({
    connections: 824,
    connectionsPerAddress: 824,
  })
})
