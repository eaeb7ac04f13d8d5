import { html, nothing, type TemplateResult } from 'lit'
import { daysOfWeek, type FormFault, months, rowField } from './filled-tariff.ts'
import { dayText } from './plant-clock.ts'
import { words } from './words.ts'

const QUARTERS = 96
/** Every quarter of an hour of a day, and its end. */
const times = Array.from({ length: QUARTERS + 1 }, (_, quarter) => {
  const [hour, minute] = [Math.floor(quarter / 4), (quarter % 4) * 15]
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
})

const monthNames = months.map((month) => ({
  value: String(month),
  name: dayText(`2024-${String(month).padStart(2, '0')}-01`, 'shortMonth'),
}))
/** 1 January 2024 was a Monday. */
const weekdayNames = daysOfWeek.map((day, index) => ({
  value: day,
  name: dayText(`2024-01-0${index + 1}`, 'weekday'),
}))

const faultId = (field: string) => `fault-${field.replace(':', '-')}`

/** What goes on an input, so that its fault is told with it. */
export function faultOf(field: string, fault: FormFault | undefined) {
  const isWrong = fault?.field === field
  return {
    invalid: isWrong ? ('true' as const) : nothing,
    describedBy: isWrong ? faultId(field) : nothing,
    message: isWrong
      ? html`<span id=${faultId(field)} class="wrong">${fault.message}</span>`
      : nothing,
  }
}

/** An amount of money. */
export function amountField(
  {
    field,
    label,
    isRequired,
    value,
  }: {
    field: string
    label: string
    isRequired: boolean
    value?: string
  },
  fault: FormFault | undefined,
): TemplateResult {
  const { invalid, describedBy, message } = faultOf(field, fault)
  return html`<div class="field">
    <label>${label}
      <input name=${field} type="number" step="any" ?required=${isRequired} value=${value ?? ''}
        aria-invalid=${invalid} aria-describedby=${describedBy} /></label>
    ${message}
  </div>`
}

/** A time of use: when it is, by the plant's clock, and what a kWh costs then. */
export function windowFields(
  row: number,
  {
    number,
    fault,
    onRemove,
  }: { number: number; fault: FormFault | undefined; onRemove: () => void },
): TemplateResult {
  const { form } = words.worth
  return html`<fieldset class="window" data-row=${row}>
    <legend>${form.window(number)}</legend>
    <div class="fields">
      ${timeField({ field: rowField('from', row), label: form.from, times: times.slice(0, -1), value: '00:00' }, fault)}
      ${timeField({ field: rowField('to', row), label: form.to, times: times.slice(1), value: '24:00' }, fault)}
      ${amountField({ field: rowField('importRate', row), label: form.importRate, isRequired: false }, fault)}
      ${amountField({ field: rowField('exportRate', row), label: form.exportRate, isRequired: false }, fault)}
    </div>
    ${choices({ field: rowField('weekdays', row), label: form.weekdays, options: weekdayNames }, fault)}
    ${choices({ field: rowField('months', row), label: form.months, options: monthNames }, fault)}
    <button type="button" @click=${onRemove}>${form.remove(number)}</button>
  </fieldset>`
}

function timeField(
  {
    field,
    label,
    times,
    value,
  }: {
    field: string
    label: string
    times: readonly string[]
    value: string
  },
  fault: FormFault | undefined,
): TemplateResult {
  const { invalid, describedBy, message } = faultOf(field, fault)
  return html`<div class="field">
    <label>${label}
      <select name=${field} aria-invalid=${invalid} aria-describedby=${describedBy}>
        ${times.map((time) => html`<option value=${time} ?selected=${time === value}>${time}</option>`)}
      </select></label>
    ${message}
  </div>`
}

/** Boxes of which all are ticked at first. */
function choices(
  {
    field,
    label,
    options,
  }: {
    field: string
    label: string
    options: readonly { value: string; name: string }[]
  },
  fault: FormFault | undefined,
): TemplateResult {
  const { describedBy, message } = faultOf(field, fault)
  return html`<fieldset class="choices" aria-describedby=${describedBy}>
    <legend>${label}</legend>
    <div>
      ${options.map(
        ({ value, name }) =>
          html`<label><input type="checkbox" name=${field} value=${value} checked />${name}</label>`,
      )}
    </div>
    ${message}
  </fieldset>`
}
