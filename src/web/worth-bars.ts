import { html, nothing, svg, type TemplateResult } from 'lit'
import { stageOf } from './energy-shares.ts'
import { moneyAxisTexts } from './money.ts'
import { AXIS_WIDTH, LABEL_HEIGHT, PickableBars, ROOM_OF_LABEL } from './pickable-bars.ts'
import type { CostBar } from './questions.ts'
import { words } from './words.ts'
import { billParts, drawnHeight, knownShare, savedPart, type WorthPart } from './worth-parts.ts'

const PAD = 8
const savedParts = [savedPart]

/**
 * Two bars a period: what was saved, and the bill with its total as a line across. What is good for the owner goes up,
 * what costs goes down. Only periods in one currency can share an axis.
 */
export class WorthBars extends PickableBars<CostBar> {
  static override properties = { ...PickableBars.properties, currency: { attribute: false } }
  /** The one that is drawn; periods in another are left out. */
  declare currency: string

  override render(): TemplateResult {
    return html`<div
        class="bars"
        tabindex="0"
        role="group"
        aria-label=${words.worth.chart(this.label, this.currency)}
        aria-describedby="worth-help"
        @keydown=${this.onKey}
      >${this.width === 0 ? nothing : this.#renderSvg()}</div>
      <p id="worth-help" class="quiet help">
        ${words.worth.chartHelp}
        ${this.periods.some((period) => this.#isPartial(period)) ? words.worth.knownHelp : nothing}
        <span class="keys">${words.energyHelp}</span>
      </p>`
  }

  #renderSvg(): TemplateResult {
    const { width, periods, currency } = this
    const height = Math.round(Math.min(Math.max(width * 0.36, 240), 380))
    const drawn = periods.filter((period) => period.currency === currency)
    const sides = drawn.flatMap((period) => [
      extentOf(savedParts, period),
      extentOf(billParts, period),
    ])
    const up = Math.max(...sides.map((side) => side.up), 0)
    const down = Math.max(...sides.map((side) => side.down), 0)
    const whole = Math.max(up + down, 0.01)
    const scale = (height - LABEL_HEIGHT - 2 * PAD) / whole
    const zero = PAD + up * scale
    const slot = (width - AXIS_WIDTH) / Math.max(periods.length, 1)
    const pair = Math.min(slot * 0.74, 72)
    const bar = pair * 0.47
    const every = Math.ceil(ROOM_OF_LABEL / slot)
    const step = stepOf(whole)
    const ticks = ticksOf(step, up, down)
    const texts = moneyAxisTexts(ticks.map(Math.abs), step, currency)
    return html`<svg width=${width} height=${height} aria-hidden="true">
      ${ticks.map((tick, index) => {
        const y = zero - tick * scale
        return svg`<line class="rule" x1=${AXIS_WIDTH} x2=${width} y1=${y} y2=${y} />
          <text class="tick" x=${AXIS_WIDTH - 8} y=${y + 4}>${texts[index]}</text>`
      })}
      <line class="zero" x1=${AXIS_WIDTH} x2=${width} y1=${zero} y2=${zero} />
      ${periods.map((period, index) => {
        const left = AXIS_WIDTH + slot * index + (slot - pair) / 2
        const right = left + pair - bar
        const isDrawn = period.currency === currency
        return svg`<g class="bar ${index === this.picked ? 'picked' : ''}" @click=${() => this.pick(index)}>
          <rect class="slot" x=${AXIS_WIDTH + slot * index} y="0" width=${slot} height=${height - LABEL_HEIGHT} />
          ${isDrawn ? stack(savedParts, period, { x: left, bar, zero, scale }) : nothing}
          ${isDrawn ? stack(billParts, period, { x: right, bar, zero, scale }) : nothing}
          ${isDrawn ? totalLine(period, { x: right, bar, zero, scale }) : nothing}
          ${this.#isPartial(period) ? knownLine(period, { x: left, width: pair, y: height - LABEL_HEIGHT + 3 }) : nothing}
          ${
            index % every === 0
              ? svg`<text class="name" x=${left + pair / 2} y=${height - 8}>${this.names[index]}</text>`
              : nothing
          }
        </g>`
      })}
    </svg>`
  }

  #isPartial(period: CostBar): boolean {
    const known = knownShare(period)
    const isDrawn = period.currency === this.currency
    return isDrawn && known > 0 && known < 1 && stageOf(period, this.now) === 'over'
  }
}

/** How far parts reach on both sides of the axis. */
function extentOf(parts: readonly WorthPart[], period: CostBar): { up: number; down: number } {
  const heights = parts.map((part) => drawnHeight(part, period))
  const sum = (sign: 1 | -1) =>
    heights.reduce((total, height) => total + Math.max(height * sign, 0), 0)
  return { up: sum(1), down: sum(-1) }
}

interface BarPlace {
  readonly x: number
  readonly bar: number
  readonly zero: number
  readonly scale: number
}

/** The parts of a bar on top of one another, away from the axis on the side of their sign. */
function stack(
  parts: readonly WorthPart[],
  period: CostBar,
  { x, bar, zero, scale }: BarPlace,
): TemplateResult[] {
  let [up, down] = [0, 0]
  return parts.map((part) => {
    const height = drawnHeight(part, period)
    const size = Math.abs(height)
    const from = height >= 0 ? up : down
    if (height >= 0) up += size
    else down += size
    const top = height >= 0 ? zero - (from + size) * scale : zero + from * scale
    return svg`<rect class="part ${part.kind}" x=${x} y=${top} width=${bar} height=${size * scale} rx="1.5" />`
  })
}

function totalLine(
  { total }: CostBar,
  { x, bar, zero, scale }: BarPlace,
): TemplateResult | typeof nothing {
  // On the axis it would say nothing.
  if (total === null || Number(total) === 0) return nothing
  const y = zero + Number(total) * scale
  return svg`<line class="total" x1=${x - 1.5} x2=${x + bar + 1.5} y1=${y} y2=${y} />`
}

function knownLine(
  period: CostBar,
  { x, width, y }: { x: number; width: number; y: number },
): TemplateResult {
  return svg`<rect class="measured track" x=${x} y=${y} width=${width} height="2" />
    <rect class="measured" x=${x} y=${y} width=${width * knownShare(period)} height="2" />`
}

/** A round step that divides the whole into at most eight. */
function stepOf(whole: number): number {
  const size = 10 ** Math.floor(Math.log10(whole))
  return [0.2, 0.5, 1, 2].map((each) => each * size).find((each) => whole / each <= 8) ?? 2 * size
}

function ticksOf(step: number, up: number, down: number): number[] {
  const [above, below] = [Math.floor(up / step), Math.floor(down / step)]
  return Array.from({ length: above + below + 1 }, (_, index) => (above - index) * step)
}
