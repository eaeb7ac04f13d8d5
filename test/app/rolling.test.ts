import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { rollServers } from '../support/rolling/drill.ts'
import { nginx } from '../support/rolling/nginx.ts'

const FOLLOWERS = 50
const SERVERS = 2

test.skipIf(!existsSync(nginx))(
  'servers behind nginx are restarted in turn: followers lose no reading and receive none twice',
  async () => {
    await using database = await openTestDatabase('native')
    const { expected, away, ...differences } = await rollServers({
      databaseUrl: database.url,
      ...{ plants: 50, followers: FOLLOWERS, pause: 2000 },
    })
    expect(differences).toMatchObject({ lost: 0, doubled: 0, outOfOrder: 0 })
    expect(expected).toBeGreaterThan(0)
    // Each server had some of them.
    expect(away.length).toBeGreaterThan(FOLLOWERS / SERVERS)
  },
  600_000,
)
