import type { DocumentNode } from 'graphql'

/** About 400 bytes each in a parsed document: at most 80 MB, for some 2000 everyday documents. */
const maxTokens = 200_000

/** Parsed documents by their text, the longest unused dropped first; bounded by what they hold. */
export class DocumentCache {
  readonly #documents = new Map<string, DocumentNode>()
  #tokens = 0

  /** Without counting as a use. */
  peek(text: string): DocumentNode | undefined {
    return this.#documents.get(text)
  }

  get(text: string): DocumentNode | undefined {
    const document = this.#documents.get(text)
    if (document === undefined) return undefined
    this.#documents.delete(text)
    this.#documents.set(text, document)
    return document
  }

  set(text: string, document: DocumentNode): void {
    this.#documents.set(text, document)
    this.#tokens += weigh(document)
    for (const [oldText, old] of this.#documents) {
      if (this.#tokens <= maxTokens) return
      this.#documents.delete(oldText)
      this.#tokens -= weigh(old)
    }
  }
}

function weigh(document: DocumentNode): number {
  // The text itself counts: one token may be a string of 100,000 characters.
  return (document.tokenCount ?? 0) + (document.loc?.end ?? 0) / 100
}
