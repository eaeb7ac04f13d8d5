import { html, nothing, svg, type TemplateResult } from 'lit'
import { icon } from './icons.ts'
import { numberText, percent, power } from './numbers.ts'
import { PageElement } from './page-element.ts'
import type { FlowReading } from './questions.ts'
import { words } from './words.ts'

type Kind = 'solar' | 'battery' | 'grid' | 'house' | 'generator'

/** One place that energy flows from or to. */
interface FlowNode {
  readonly kind: Kind
  /** W towards the inverter in the middle; null if it was not measured. */
  readonly inward: number | null
  /** What stands below the number. */
  readonly note: string
}

/** From the edge of a node to the inverter, in hundredths of the picture. */
const paths: Readonly<Record<Kind, { inward: string; outward: string }>> = {
  solar: { inward: 'M50 29.8V47.8', outward: 'M50 47.8V29.8' },
  battery: { inward: 'M50 70.2V52.2', outward: 'M50 52.2V70.2' },
  grid: { inward: 'M29.8 50H47.8', outward: 'M47.8 50H29.8' },
  house: { inward: 'M70.2 50H52.2', outward: 'M52.2 50H70.2' },
  generator: { inward: 'M27 73 48.4 51.6', outward: 'M48.4 51.6 27 73' },
}

/** Less flows in every inverter that only waits. */
const IDLE_WATTS = 10
/** W at which the dashes are as fast as they get, if the plant does not tell its rated power. */
const FAST_WATTS = 10_000

const calm = matchMedia('(prefers-reduced-motion: reduce)')

/** Power between panels, battery, grid, generator and house, moving the way it goes. */
export class EnergyFlow extends PageElement {
  static override properties = { reading: { attribute: false }, isLive: { attribute: false } }
  declare reading: FlowReading | undefined
  /** Only what is live moves. */
  declare isLive: boolean

  override render(): TemplateResult {
    const nodes = nodesOf(this.reading)
    const soc = this.reading?.soc
    return html`<div class="flow ${this.isLive ? '' : 'still'}">
      <svg viewBox="0 0 100 100" aria-hidden="true">
        ${nodes.map((node) => this.#renderLine(node))}
        <circle class="inverter" cx="50" cy="50" r="1.6" />
        ${
          soc == null
            ? nothing
            : svg`<circle class="charge-track" cx="50" cy="84.5" r="13.3" />
                <circle class="charge" cx="50" cy="84.5" r="13.3" pathLength="100"
                stroke-dasharray="${soc} 100" transform="rotate(-90 50 84.5)" />`
        }
      </svg>
      <ul class="nodes" aria-label=${words.flow}>
        ${nodes.map((node) => this.#renderNode(node))}
      </ul>
    </div>`
  }

  #renderLine({ kind, inward }: FlowNode): TemplateResult {
    const path = paths[kind][(inward ?? 0) < 0 ? 'outward' : 'inward']
    const isFlowing = Math.abs(inward ?? 0) >= IDLE_WATTS
    return svg`<g class=${kind}>
      <path class="wire" d=${path} />
      <path class=${isFlowing ? 'moving' : 'resting'} d=${path} data-watts=${Math.abs(inward ?? 0)} />
    </g>`
  }

  #renderNode({ kind, inward, note }: FlowNode): TemplateResult {
    const soc = this.reading?.soc
    const watts = inward === null ? null : Math.abs(inward)
    const shown = power(watts)
    return html`<li class="node ${kind} ${kind === 'battery' && soc != null ? 'ringed' : ''}">
      ${icon(kind)} ${note === words.kinds[kind] ? nothing : html`<span class="sr">${words.kinds[kind]}</span>`}
      ${
        kind === 'battery' && soc != null
          ? html`<data class="main" value=${soc}>${percent(soc).text}<small> %</small></data>
              <data class="note" value=${inward ?? ''}
                >${numberText(shown)}
                <span class="way">${note}</span></data
              >`
          : html`<data class="main" value=${inward ?? ''}>${shown.text}<small> ${shown.unit}</small></data>
              <span class="note">${note}</span>`
      }
    </li>`
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const path of this.#paths) path.getAnimations()[0]?.cancel()
  }

  get #paths(): NodeListOf<SVGPathElement> {
    return this.querySelectorAll<SVGPathElement>('.moving, .resting')
  }

  /**
   * The pace of the dashes follows the power, without a jump when it changes. A path stays where nothing flows, and its
   * animation is cancelled: the browser keeps an endless one for good, with its element.
   */
  protected override updated(): void {
    for (const path of this.#paths) {
      const running = path.getAnimations()[0]
      if (calm.matches || !this.isLive || path.classList.contains('resting')) {
        running?.cancel()
        continue
      }
      const animation =
        running ??
        path.animate([{ strokeDashoffset: '0' }, { strokeDashoffset: '-4' }], {
          duration: 1000,
          iterations: Number.POSITIVE_INFINITY,
        })
      const watts = Number(path.dataset.watts)
      animation.updatePlaybackRate(0.35 + 2 * Math.sqrt(Math.min(watts / FAST_WATTS, 1)))
    }
  }
}

function nodesOf(reading: FlowReading | undefined): FlowNode[] {
  const { pvPower, batteryPower, gridPower, loadPower, generatorPower } = reading ?? {}
  const { kinds } = words
  const nodes: FlowNode[] = [
    { kind: 'solar', inward: pvPower ?? null, note: kinds.solar },
    {
      kind: 'grid',
      inward: gridPower ?? null,
      note: wayOf(gridPower, words.importing, words.exporting) ?? kinds.grid,
    },
    { kind: 'house', inward: loadPower == null ? null : -loadPower, note: kinds.house },
    {
      kind: 'battery',
      inward: batteryPower ?? null,
      note:
        wayOf(batteryPower, words.discharging, words.charging) ??
        (batteryPower == null ? kinds.battery : words.idle),
    },
  ]
  // Most plants have none, and their inverters measure 0.
  if (generatorPower) {
    nodes.push({ kind: 'generator', inward: generatorPower, note: kinds.generator })
  }
  return nodes
}

function wayOf(
  watts: number | null | undefined,
  inward: string,
  outward: string,
): string | undefined {
  if (watts == null || Math.abs(watts) < IDLE_WATTS) return undefined
  return watts > 0 ? inward : outward
}
