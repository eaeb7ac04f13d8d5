#!/usr/bin/env node
// `npx heliograph`: runs Heliograph with the Node that comes with it, whatever Node runs npm. Therefore plain JavaScript
// that old versions of Node understand. docs/decisions/028-install.md says why there is no build step.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** The Node of the packages; undefined if npm left out optional packages, or has none for this machine. */
function findNode() {
  const require = createRequire(import.meta.url)
  for (const kind of ['node', 'node-bin']) {
    try {
      const manifest = require.resolve(`${kind}-${process.platform}-${process.arch}/package.json`)
      const node = join(dirname(manifest), 'bin/node')
      if (existsSync(node)) return node
    } catch {}
  }
  return Number.parseInt(process.versions.node, 10) >= 26 ? process.execPath : undefined
}

const node = findNode()
if (node === undefined) {
  process.stderr.write(
    `Expected Node 26, which comes with the optional packages on Linux and macOS, got Node ${process.versions.node}: install with --include=optional, or run this with Node 26\n`,
  )
  process.exit(1)
}

const words = process.argv.length > 2 ? process.argv.slice(2) : ['serve']
const options = [
  '--disable-warning=ExperimentalWarning',
  '--import',
  join(root, 'bin/load-typescript.js'),
]
const child = spawn(node, [...options, join(root, 'src/main.ts'), ...words], {
  stdio: 'inherit',
  // Where npm keeps what is derived from packages; if nobody may write there, everything is compiled at each start.
  env: { NODE_COMPILE_CACHE: resolve(root, '../.cache/heliograph'), ...process.env },
})

// A terminal, of whichever stream, sends SIGINT to the child, too; twice would end it without order.
process.on('SIGINT', () => {
  if (![0, 1, 2].some(isatty)) child.kill('SIGINT')
})
// A terminal that is closed sends SIGHUP, which would end the child at once and leave its PostgreSQL running.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'))
child.on('error', (error) => {
  process.stderr.write(`${node} cannot be started: ${error.message}\n`)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal]
})
