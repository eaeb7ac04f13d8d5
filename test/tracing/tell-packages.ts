import { registerHooks } from 'node:module'

/** Has the program say which packages it loads, once each. */
const told = new Set<string>()
registerHooks({
  resolve(specifier, context, nextResolve) {
    const [name] = /^(@[^/]+\/)?[a-z][^/:]*$/.exec(specifier) ?? []
    if (name !== undefined && !told.has(name)) {
      told.add(name)
      process.stderr.write(`loads ${name}\n`)
    }
    return nextResolve(specifier, context)
  },
})
