import { html, nothing, type TemplateResult } from 'lit'
import { hashOf, type Place, shownPeriods } from './place.ts'
import { addDays, addMonths, type Day } from './plant-clock.ts'
import { rangeTitle } from './shown-range.ts'
import { words } from './words.ts'

/** The name of the range that bars show, with links to the earlier and the later one, and to other periods. */
export function renderRangeToolbar(
  place: Place,
  { day, isNewest }: { day: Day; isNewest: boolean },
): TemplateResult {
  const { period } = place
  const step = (count: number): Day => {
    if (period === 'day') return addDays(day, count)
    return addMonths(day, period === 'month' ? count : 12 * count)
  }
  const to = (values: Partial<Place>) => hashOf({ ...place, ...values })
  const isAll = period === 'all'
  return html`<div class="toolbar">
    ${isAll ? nothing : html`<a class="button" href=${to({ day: step(-1) })} aria-label=${words.previous}>‹</a>`}
    <h3>${rangeTitle(day, period)}</h3>
    ${
      isAll
        ? nothing
        : html`<a class="button" href=${to({ day: isNewest ? place.day : step(1) })}
            aria-label=${words.next} aria-disabled=${isNewest ? 'true' : nothing}>›</a>`
    }
    ${isAll || isNewest ? nothing : html`<a class="button" href=${to({ day: undefined })}>${words.today}</a>`}
    <span class="spacer"></span>
    <nav class="segments" aria-label=${words.period}>
      ${shownPeriods.map(
        (each) =>
          html`<a href=${to({ period: each })} aria-current=${each === period ? 'true' : nothing}
            >${words.periods[each]}</a>`,
      )}
    </nav>
  </div>`
}
