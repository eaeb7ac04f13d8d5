import { html, nothing, svg, type TemplateResult } from 'lit'
import {
  type EnergyPart,
  energySources,
  energyUses,
  heightOf,
  partsOf,
  stageOf,
} from './energy-shares.ts'
import { axisTexts } from './numbers.ts'
import { AXIS_WIDTH, LABEL_HEIGHT, PickableBars, ROOM_OF_LABEL } from './pickable-bars.ts'
import type { BarPeriod } from './questions.ts'
import { words } from './words.ts'

/** Bars of kWh: upwards where it came from, downwards where it went. */
export class EnergyBars extends PickableBars<BarPeriod> {
  override render(): TemplateResult {
    return html`<div
        class="bars"
        tabindex="0"
        role="group"
        aria-label=${words.energyChart(this.label)}
        aria-describedby="bars-help"
        @keydown=${this.onKey}
      >${this.width === 0 ? nothing : this.#renderSvg()}</div>
      <p id="bars-help" class="quiet help">
        <span class="keys">${words.energyHelp}</span>
        ${this.periods.some((period) => this.#isPartial(period)) ? words.coverageHelp : nothing}
      </p>`
  }

  #renderSvg(): TemplateResult {
    const { width, periods } = this
    const height = Math.round(Math.min(Math.max(width * 0.42, 260), 420))
    const up = partsOf(energySources, periods)
    const down = partsOf(energyUses, periods)
    const most = Math.max(
      ...periods.map((each) => Math.max(heightOf(up, each), heightOf(down, each))),
      0.1,
    )
    const half = (height - LABEL_HEIGHT) / 2
    const scale = (half - 10) / most
    const slot = (width - AXIS_WIDTH) / Math.max(periods.length, 1)
    const bar = Math.min(slot * 0.66, 48)
    const every = Math.ceil(ROOM_OF_LABEL / slot)
    const ticks = ticksOf(most)
    const texts = axisTexts(ticks.map(Math.abs), 'kWh')
    return html`<svg width=${width} height=${height} aria-hidden="true">
      ${ticks.map(
        (
          tick,
          index,
        ) => svg`<line class="rule" x1=${AXIS_WIDTH} x2=${width} y1=${half - tick * scale} y2=${half - tick * scale} />
          <text class="tick" x=${AXIS_WIDTH - 8} y=${half - tick * scale + 4}>${texts[index]}</text>`,
      )}
      ${periods.map((period, index) => {
        const x = AXIS_WIDTH + slot * index + (slot - bar) / 2
        return svg`<g class="bar ${index === this.picked ? 'picked' : ''}" @click=${() => this.pick(index)}>
          <rect class="slot" x=${AXIS_WIDTH + slot * index} y="0" width=${slot} height=${height - LABEL_HEIGHT} />
          ${stack(up, period, { x, bar, zero: half, scale, sign: 1 })}
          ${stack(down, period, { x, bar, zero: half, scale, sign: -1 })}
          ${
            this.#isPartial(period)
              ? svg`<rect class="measured track" x=${x} y=${height - LABEL_HEIGHT + 3} width=${bar} height="2" />
                <rect class="measured" x=${x} y=${height - LABEL_HEIGHT + 3} width=${bar * period.coverage} height="2" />`
              : nothing
          }
          ${
            index % every === 0
              ? svg`<text class="name" x=${x + bar / 2} y=${height - 8}>${this.names[index]}</text>`
              : nothing
          }
        </g>`
      })}
      <line class="zero" x1=${AXIS_WIDTH} x2=${width} y1=${half} y2=${half} />
    </svg>`
  }

  #isPartial(period: BarPeriod): boolean {
    const { coverage } = period
    return coverage > 0 && coverage < 1 && stageOf(period, this.now) === 'over'
  }
}

/** The parts of a bar on top of one another, away from the axis. */
function stack(
  parts: readonly EnergyPart[],
  { energy: kWh }: BarPeriod,
  at: { x: number; bar: number; zero: number; scale: number; sign: 1 | -1 },
): TemplateResult[] {
  let sum = 0
  return parts.map(({ key, kind }) => {
    const from = sum
    sum += Math.max(kWh[key] ?? 0, 0)
    const top = at.sign === 1 ? at.zero - sum * at.scale : at.zero + from * at.scale
    const height = Math.max((sum - from) * at.scale - (sum > from ? 1 : 0), 0)
    return svg`<rect class="part ${kind} ${at.sign === 1 ? 'up' : 'down'}" x=${at.x} y=${top}
      width=${at.bar} height=${height} rx="1.5" />`
  })
}

/** Round values on both sides of the axis, at most four a side, and 0. */
function ticksOf(most: number): number[] {
  const size = 10 ** Math.floor(Math.log10(most))
  const ratio = most / size
  const step = size * (ratio < 1.25 ? 0.25 : ratio < 2.5 ? 0.5 : ratio < 5 ? 1 : 2.5)
  const count = Math.floor(most / step)
  return Array.from({ length: 2 * count + 1 }, (_, index) => (count - index) * step)
}
