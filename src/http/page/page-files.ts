import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { findPackageJSON, stripTypeScriptTypes } from 'node:module'
import { dirname, extname, join, posix, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const webFolder = resolve(import.meta.dirname, '../../web')

/**
 * What browsers load of packages: the name that modules import, and the file in the package. `of` is the package that
 * brings it along, if it is not one of ours.
 */
const packageModules: readonly { name: string; package: string; file: string; of?: string }[] = [
  { name: 'lit', package: 'lit', file: 'index.js' },
  {
    name: 'lit/directives/repeat.js',
    package: 'lit-html',
    file: 'directives/repeat.js',
    of: 'lit',
  },
  { name: 'lit-html', package: 'lit-html', file: 'lit-html.js', of: 'lit' },
  { name: 'lit-html/is-server.js', package: 'lit-html', file: 'is-server.js', of: 'lit' },
  {
    name: 'lit-element/lit-element.js',
    package: 'lit-element',
    file: 'lit-element.js',
    of: 'lit',
  },
  {
    name: '@lit/reactive-element',
    package: '@lit/reactive-element',
    file: 'reactive-element.js',
    of: 'lit',
  },
  { name: 'graphql-ws', package: 'graphql-ws', file: 'dist/client.js' },
  { name: 'uplot', package: 'uplot', file: 'dist/uPlot.esm.js' },
]
/** What codegen makes besides, for documents that stand in TypeScript. */
const unused = new Set(['generated/gql.ts', 'generated/index.ts'])
const packageStyles = [{ package: 'uplot', file: 'dist/uPlot.min.css' }]

/** A file as browsers get it. */
export interface PageFile {
  readonly type: string
  readonly text: string
}

/** Everything that the page consists of, apart from its HTML. */
export interface PageFiles {
  /** By their place, such as `main.ts` or `lit/index.js`. */
  readonly files: ReadonlyMap<string, PageFile>
  /** The places of the modules of packages, by the name that imports use. */
  readonly imports: Readonly<Record<string, string>>
  /** Changes with any of the files. */
  readonly version: string
}

/** Reads the page's modules and style sheets, takes the types off, and adds what they import of packages. */
export async function readPageFiles(): Promise<PageFiles> {
  const files = new Map<string, PageFile>()
  const imports: Record<string, string> = {}

  // Before our own: the order of style sheets decides between equals.
  for (const { package: name, file } of packageStyles) {
    const text = await readFile(join(packageFolder(name), file), 'utf8')
    files.set(posix.join(name, file), { type: typeOf(file), text })
  }
  const own = await readdir(webFolder, { recursive: true })
  for (const place of own.sort()) {
    const file = unused.has(place) ? undefined : await readOwnFile(place)
    if (file !== undefined) files.set(place, file)
  }
  for (const { name, of, ...module } of packageModules) {
    const folder = packageFolder(module.package, of)
    imports[name] = posix.join(module.package, module.file)
    await addModule(files, { folder, ...module })
  }

  const hash = createHash('sha256')
  for (const [place, { text }] of files) hash.update(`${place}\0${text}\0`)
  return { files, imports, version: hash.digest('base64url').slice(0, 16) }
}

async function readOwnFile(place: string): Promise<PageFile | undefined> {
  const extension = extname(place)
  if (extension !== '.ts' && extension !== '.css') return undefined
  const text = await readFile(join(webFolder, place), 'utf8')
  return { type: typeOf(place), text: extension === '.ts' ? stripTypeScriptTypes(text) : text }
}

/** Adds a module of a package, and those beside it that it imports by their path. */
async function addModule(
  files: Map<string, PageFile>,
  module: { folder: string; package: string; file: string },
): Promise<void> {
  const place = posix.join(module.package, module.file)
  if (files.has(place)) return
  const text = (await readFile(join(module.folder, module.file), 'utf8')).replace(
    /^\/\/# sourceMappingURL=.*$/m,
    '',
  )
  files.set(place, { type: typeOf(place), text })
  for (const [, path = ''] of text.matchAll(/\bfrom\s*['"](\.\.?\/[^'"]+)['"]/g)) {
    const file = posix.join(posix.dirname(module.file), path)
    await addModule(files, { ...module, file })
  }
}

/** The folder of a package, as `of` would find it: npm may install another version for another package. */
function packageFolder(name: string, of?: string): string {
  const from = of === undefined ? import.meta.filename : join(packageFolder(of), 'package.json')
  const found = findPackageJSON(name, pathToFileURL(from))
  if (found === undefined) throw new Error(`The package ${name} is not installed: run npm ci`)
  return dirname(found)
}

function typeOf(place: string): string {
  return `${extname(place) === '.css' ? 'text/css' : 'text/javascript'}; charset=utf-8`
}
