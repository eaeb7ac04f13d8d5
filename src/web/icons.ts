import { svg, type TemplateResult } from 'lit'

/** Icons of 24 by 24, drawn with the colour of the text around them. */
export const icons = {
  solar: svg`<circle cx="12" cy="12" r="4.2"/><path d="M12 2.5v2.2M12 19.3v2.2M2.5 12h2.2M19.3 12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M5.3 18.7l1.5-1.5M17.2 6.8l1.5-1.5"/>`,
  battery: svg`<rect x="6.5" y="5" width="11" height="16.5" rx="2.2"/><path d="M10 2.5h4M13 9l-2.6 4.4h3.2L11 17.8"/>`,
  grid: svg`<path d="M8.5 2.5h7l3 19M15.5 2.5l-10 19M8.5 2.5l-3 19M8.5 2.5l10 19M4 8.5h16M3.5 8.5v2M20.5 8.5v2"/>`,
  house: svg`<path d="M3.5 11.2 12 4l8.5 7.2M5.8 9.6v10.9h12.4V9.6M10 20.5v-6h4v6"/>`,
  generator: svg`<rect x="3" y="8" width="18" height="10.5" rx="2"/><path d="M7 8V5h7v3M6 18.5v2M18 18.5v2M7 13.2h4M15.5 11v4.4"/>`,
  sunrise: svg`<circle cx="12" cy="12" r="5" fill="currentColor"/><path d="M12 1.8v2.7M12 19.5v2.7M1.8 12h2.7M19.5 12h2.7M4.8 4.8l1.9 1.9M17.3 17.3l1.9 1.9M4.8 19.2l1.9-1.9M17.3 6.7l1.9-1.9"/>`,
} satisfies Record<string, TemplateResult<2>>

export function icon(name: keyof typeof icons): TemplateResult<2> {
  return svg`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${icons[name]}</svg>`
}
