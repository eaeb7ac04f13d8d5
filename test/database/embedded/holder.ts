/** A process of its own that opens a data folder and holds it: `node holder.ts FOLDER ROLE`. */
import { openEmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.ts'
import { createLogger } from '../../../src/log.ts'

const [, , dataDir = '', role] = process.argv
try {
  await using postgres = await openEmbeddedPostgres({
    dataDir,
    role: role === 'server' ? 'server' : 'guest',
    log: createLogger({ logLevel: 'debug', logFormat: 'json' }),
  })
  console.log(JSON.stringify({ url: postgres.url, reused: postgres.reused }))
  // Until the test closes the pipe.
  for await (const _ of process.stdin);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? error.code : 'none'
  console.log(JSON.stringify({ code, message: String(error) }))
}
