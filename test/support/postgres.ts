import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}

export default async function setup(project: TestProject): Promise<void> {
  project.provide('postgresUrl', 'postgres://heliograph@127.0.0.1:54399/postgres')
}
