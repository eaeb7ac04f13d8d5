/**
 * The page. `heliograph-page.ts` is its frame: it has the one connection (`api.ts`), the plants (`plants.ts`) and the
 * place in the URL (`place.ts`), and shows one of the views. What a view shows of the API is a `ShownQuery`.
 */
import { ConnectionNotice } from './connection-notice.ts'
import { DayView } from './day-view.ts'
import { EnergyBars } from './energy-bars.ts'
import { EnergyFlow } from './energy-flow.ts'
import { EnergyView } from './energy-view.ts'
import { HeliographPage } from './heliograph-page.ts'
import { HistoryTable } from './history-table.ts'
import { MigrationsPanel } from './migrations-panel.ts'
import { NowView } from './now-view.ts'
import { PowerChart } from './power-chart.ts'
import { SystemView } from './system-view.ts'
import { TariffForm } from './tariff-form.ts'
import { TariffPanel } from './tariff-panel.ts'
import { TodaySummary } from './today-summary.ts'
import { TokenDialog } from './token-dialog.ts'
import { WorthBars } from './worth-bars.ts'
import { WorthView } from './worth-view.ts'

customElements.define('connection-notice', ConnectionNotice)
customElements.define('energy-flow', EnergyFlow)
customElements.define('today-summary', TodaySummary)
customElements.define('now-view', NowView)
customElements.define('power-chart', PowerChart)
customElements.define('history-table', HistoryTable)
customElements.define('day-view', DayView)
customElements.define('energy-bars', EnergyBars)
customElements.define('energy-view', EnergyView)
customElements.define('worth-bars', WorthBars)
customElements.define('tariff-form', TariffForm)
customElements.define('tariff-panel', TariffPanel)
customElements.define('worth-view', WorthView)
customElements.define('migrations-panel', MigrationsPanel)
customElements.define('system-view', SystemView)
customElements.define('token-dialog', TokenDialog)
customElements.define('heliograph-page', HeliographPage)
