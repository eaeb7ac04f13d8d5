import { html, nothing, type TemplateResult } from 'lit'
import type { MissingFragment } from './generated/graphql.ts'
import { listText } from './numbers.ts'
import { isSilent, type Subject } from './subject.ts'
import { words } from './words.ts'

/** What most plants do not have: if none has it, nothing is missing. */
const OPTIONAL: ReadonlySet<string> = new Set(['generator', 'generatorPower'])

/** Names the plants without which something could not be added up, with what they lack. */
export function renderMissing(
  missing: readonly MissingFragment[] | undefined,
  subject: Subject,
): TemplateResult | typeof nothing {
  const lacking = lackingOf(missing ?? [], subject)
  if (lacking.length === 0) return nothing
  return html`<div class="banner missing">
    <p>${words.fleet.notAddedUp}</p>
    <ul>
      ${lacking.map(({ name, fields }) => html`<li>${words.fleet.lacks(name, listText(fields))}</li>`)}
    </ul>
  </div>`
}

/** The plants that send no readings now. */
export function renderSilent(subject: Subject): TemplateResult {
  const names = subject.plants
    .filter(isSilent)
    .map(({ plantId, name }) => words.plantName(plantId, name))
  return html`<p class="banner">${words.fleet.silent(listText(names))}</p>`
}

/** Names the plants for whose gaps lines are left open, though other plants sent something then. */
export function renderGaps(
  points: readonly { readonly missing: readonly MissingFragment[] }[],
  subject: Subject,
): TemplateResult | typeof nothing {
  const count = subject.plants.length
  const apart = new Set(
    points.flatMap(({ missing }) =>
      missing
        .filter(({ fields }) => fields.some((field) => timesIn(missing, field) < count))
        .map(({ plantId }) => plantId),
    ),
  )
  const names = subject.plants
    .filter(({ plantId }) => apart.has(plantId))
    .map(({ plantId, name }) => words.plantName(plantId, name))
  return names.length === 0
    ? nothing
    : html`<p class="banner">${words.fleet.gaps(listText(names))}</p>`
}

function lackingOf(
  missing: readonly MissingFragment[],
  { plants }: Subject,
): { name: string; fields: string[] }[] {
  return missing.flatMap(({ plantId, fields }) => {
    const plant = plants.find((each) => each.plantId === plantId)
    const named = fields
      .filter((field) => !OPTIONAL.has(field) || timesIn(missing, field) < plants.length)
      .map((field) => words.fleet.fieldName(field))
    if (plant === undefined || named.length === 0) return []
    return [{ name: words.plantName(plantId, plant.name), fields: named }]
  })
}

/** How many plants lack it. */
function timesIn(missing: readonly MissingFragment[], field: string): number {
  return missing.filter(({ fields }) => fields.includes(field)).length
}
