import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { run } from '../support/program.ts'
import { openDataFolder } from '../support/server.ts'

test('rollup rolls up, --verify finds with code 2 what is wrong, --rebuild mends it', async () => {
  await using database = await openTestDatabase('native')
  await using folder = await openDataFolder()
  const rollup = (...words: string[]) =>
    run(['rollup', ...words], { DATABASE_URL: database.url, HELIOGRAPH_DATA_DIR: folder.path })
  await sql`
    insert into solark.telemetry (plant_id, timestamp, pv_power)
    select 7, timestamptz '2026-06-01 00:00Z' + n * interval '5 minutes', 1200
    from generate_series(0, 287) as n`.execute(database.kysely)

  expect(await rollup('--verify')).toMatchObject({
    code: 0,
    stdout: '0 quarters of an hour, 0 hours, readings of 24 hours compared: 0 differences\n',
  })
  // Two quarters of an hour before the first and two after the last: a line might have gone there.
  expect(await rollup()).toMatchObject({
    code: 0,
    stdout: '100 quarters of an hour rolled up\n',
    stderr: '',
  })
  await sql`
    update solark.rollup_quarter set samples = 4
    where plant_id = 7 and start = '2026-06-01 06:15Z'`.execute(database.kysely)
  expect(await rollup('--verify', '--plant', '7')).toMatchObject({
    code: 2,
    stdout: [
      'rollup_quarter plant 7 2026-06-01T06:15:00.000000Z samples: 4 kept, 3 recomputed',
      'rollup_hour plant 7 2026-06-01T06:00:00.000000Z samples: 12 kept, 13 recomputed',
      '96 quarters of an hour, 24 hours compared: 2 differences',
      'npm run rollup -- --rebuild repairs them',
      '',
    ].join('\n'),
  })
  expect(await rollup('--rebuild')).toMatchObject({
    code: 0,
    stdout: '100 quarters of an hour rolled up\n',
  })
  expect(await rollup('--verify')).toMatchObject({
    code: 0,
    stdout: '96 quarters of an hour, 24 hours, readings of 24 hours compared: 0 differences\n',
  })
  expect(await rollup('--verify', '--rebuild')).toMatchObject({
    code: 1,
    stderr: 'Expected --verify or --rebuild, got both (BAD_USER_INPUT)\n',
  })
})
