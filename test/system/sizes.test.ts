import { expect, test } from 'vitest'
import { openTestApi } from '../support/api.ts'

test('how many plants there are is known soon after it is asked for', async () => {
  await using api = await openTestApi('native')
  const { kysely } = api.database
  await kysely
    .insertInto('solark.plant')
    .values([{ id: 1 }, { id: 2 }, { id: 3 }])
    .execute()
  await expect.poll(() => api.services.sizes.plants).toBe(3)
})
