import type { Target } from './targets.ts'
import type { TimeFormat } from './times.ts'
import type { Decimal } from './values.ts'

/**
 * How a vendor's export is read, where its file does not say so itself. What a preset leaves out is detected; what the
 * user says goes before it.
 */
export interface Preset {
  name: string
  /** Where the file comes from, for --list-presets. */
  description: string
  /**
   * Which column is what, by one cell of its header or the whole of it; in long form, which sensor. Of several patterns
   * of a target the first that matches any column counts, and all columns that it matches are added up. Without it
   * columns are recognised as in any file.
   */
  columns?: readonly (readonly [Target, RegExp])[]
  batteryPositive?: 'charging' | 'discharging'
  gridPositive?: 'import' | 'export'
  unit?: 'W' | 'kW' | 'Wh' | 'kWh'
  timeFormat?: TimeFormat
  decimal?: Decimal
  /** IANA name, if the vendor always exports in it. */
  timeZone?: string
  /** Whether charge and discharge, or import and export, that are both empty are 0. */
  emptySidesAreZero?: true
  /** Which moment of its interval the time of an energy is. */
  intervalTime?: 'start' | 'end'
}

/**
 * The exports that are known. CONTRIBUTING.md says how to add one: an entry here, and a sample beside the others in
 * test/sources/csv/samples with its right answer. Each names where its shape was seen.
 */
export const presets: readonly Preset[] = [
  {
    // solectrus/csv-importer: app/adapters/senec_record.rb, spec/data. Columns that say kWh hold kW: volts times
    // amperes of the battery agree.
    name: 'senec',
    description: 'SENEC: weekly CSV of mein-senec.de',
    columns: [
      ['gridImport', /^Netzbezug \[/],
      ['gridExport', /^Netzeinspeisung \[/],
      ['loadPower', /^Stromverbrauch \[/],
      ['batteryCharge', /^Akku-?Beladung \[/i],
      ['batteryDischarge', /^Akku-?Entnahme \[/i],
      ['pvPower', /^Stromerzeugung \[/],
      ['batteryVoltage', /^Akku Spannung \[V\]/],
      ['batteryCurrent', /^Akku Stromstärke \[A\]/],
      ['soc', /^Akku Füllstand \[%\]/],
    ],
    batteryPositive: 'charging',
    unit: 'kW',
    timeFormat: 'dmy',
  },
  {
    // seehase/ZonPHP: importer/sunny_explorer_utf16.php; patrickvorgers/Home-Assistant-Import-Energy-Data:
    // Datasources/SMA.
    name: 'sma',
    description: "SMA: day file of Sunny Explorer, or the inverter's own web page (Export data)",
    columns: [
      ['pvPower', /^DcMs\.Watt \(Avg\)$/],
      ['pvPower', /^GridMs\.TotW \(Avg\)$/],
      ['pvPower', /(?:^| )(?:Power|Leistung)(?: |$)/],
      ['inverterTemperature', /^Inverter\.TmpLimStt \(Avg\)$/],
    ],
  },
  {
    // jooseprooso/ut-solar-energy-analytics-platform: src/ingest/vrm_log_ingest.py.
    name: 'victron',
    description: 'Victron: log of VRM (Advanced, download as CSV)',
    columns: [
      ['batteryPower', /^System overview \[\d+\] Battery Power\b/],
      ['batteryCurrent', /^Battery Monitor \[\d+\] Current\b/],
      ['batteryVoltage', /^Battery Monitor \[\d+\] Voltage\b/],
      ['batteryTemperature', /^Battery Monitor \[\d+\] Battery temperature\b/],
      ['soc', /^Battery Monitor \[\d+\] State of charge\b/],
      ['soc', /^System overview \[\d+\] Battery SOC\b/i],
      ['gridPower', /^System overview \[\d+\] Grid L[123]\b/],
      ['gridPower', /^VE\.Bus System \[\d+\] Input power [123]\b/],
      ['loadPower', /^System overview \[\d+\] AC Consumption L[123]\b/],
      ['pvPower', /^System overview \[\d+\] PV - (?:DC|AC)-coupled\b/],
      ['pvPower', /^Solar Charger \[\d+\] PV power\b/],
    ],
    batteryPositive: 'charging',
    gridPositive: 'import',
  },
  {
    // julianhygge/solaredge: upload_production_data.py; solectrus/csv-importer: spec/data/solaredge. System Production
    // is what the inverter gives, battery included. That the battery is + charging follows the monitoring API.
    name: 'solaredge',
    description: 'SolarEdge: chart of the monitoring portal, powers or energies',
    columns: [
      ['pvPower', /^Solar Production \(/],
      ['pvPower', /^System Production \(/],
      ['pvPower', /^Production \(/],
      ['pvPower', /^Energie \(/],
      ['loadPower', /^Consumption \(/],
      ['gridImport', /^Import \(|^ZählerBezugs-Zähler/],
      ['gridExport', /^Export \(|^ZählerEinspeise-Zähler/],
      ['batteryPower', /^StoragePower\.Power \(/],
      ['soc', /^Battery Charge Level \(%\)/],
    ],
    batteryPositive: 'charging',
  },
  {
    // patrickvorgers/Home-Assistant-Import-Energy-Data: Datasources/Enphase.
    name: 'enphase',
    description: 'Enphase: energy report of Enlighten, Wh per interval',
    columns: [
      ['pvPower', /^Energy (?:Produced|Delivered) \(Wh\)/],
      ['loadPower', /^Energy Consumed \(Wh\)/],
      ['gridExport', /^Exported to Grid \(Wh\)/],
      ['gridImport', /^Imported from Grid \(Wh\)/],
      ['batteryCharge', /^Stored in (?:AC )?batteries \(Wh\)/i],
      ['batteryDischarge', /^Discharged from (?:AC )?batteries \(Wh\)/i],
      ['generatorPower', /^Consumed From Generator \(Wh\)/i],
    ],
    intervalTime: 'start',
    decimal: '.',
  },
  {
    // craigahobbs/tespo and craigahobbs/solar: data-raw; netzero-labs/tesla-solar-download.
    name: 'tesla',
    description:
      'Tesla: download of the app, a day in kW or longer in kWh, and tesla-solar-download',
    columns: [
      ['loadPower', /^Home \(k?Wh?\)|^load_power$/],
      ['pvPower', /^Solar(?: Energy)? \(k?Wh?\)|^solar_power$/],
      ['batteryPower', /^Powerwall \(k?W\)|^battery_power$/],
      ['gridPower', /^Grid \(k?W\)|^grid_power$/],
      ['batteryDischarge', /^From Powerwall \(k?Wh?\)/],
      ['batteryCharge', /^To Powerwall \(k?Wh?\)/],
      ['gridImport', /^From Grid \(k?Wh?\)/],
      ['gridExport', /^To Grid \(k?Wh?\)/],
      ['generatorPower', /^generator_power$/],
      ['soc', /^Energy Remaining \(%\)/],
    ],
    batteryPositive: 'discharging',
    gridPositive: 'import',
    intervalTime: 'start',
  },
  {
    // patrickvorgers/Home-Assistant-Import-Energy-Data: Datasources/iSolarCloud.
    name: 'sungrow',
    description: 'Sungrow: day report or chart of iSolarCloud, as CSV',
    columns: [
      ['pvPower', /^PV(?:-Ertrag| yield)?\(k?Wh?\)/i],
      ['gridPower', /^(?:Netz|Grid)\(k?W\)/],
      ['batteryPower', /^(?:Batterie|Battery)\(k?W\)/],
      ['loadPower', /^(?:Gesamtverbrauch|Load)\(k?Wh?\)/],
      ['batteryCharge', /^Battery charge\(k?Wh?\)/i],
      ['batteryDischarge', /^Battery discharge\(k?Wh?\)/i],
      ['gridImport', /^(?:Purchased energy|Energy purchase)\(k?Wh?\)/i],
      ['gridExport', /^Feed-in\(k?Wh?\)/i],
      ['soc', /^(?:Batterieladung|Battery SOC)\(%\)/i],
    ],
    batteryPositive: 'discharging',
    gridPositive: 'import',
  },
  {
    // Some plants write their signs the other way round, so the sides are read, as magnitudes.
    name: 'solarman',
    description: 'Solarman: detailed data of SOLARMAN Smart or Business, saved as CSV',
    columns: [
      ['pvPower', /^Production Power\(k?W\)/],
      ['loadPower', /^Consumption Power\(k?W\)/],
      ['gridImport', /^Purchasing Power\(k?W\)/],
      ['gridExport', /^Feed-in Power\(k?W\)/],
      ['batteryCharge', /^Charging Power\(k?W\)/],
      ['batteryDischarge', /^Discharging Power\(k?W\)/],
      ['soc', /^SoC\(%\)/i],
    ],
    emptySidesAreZero: true,
  },
  {
    // kellerza/sunsynk#63; slipx06/sunsynk-power-flow-card#277 for the sign of register 190.
    name: 'sunsynk',
    description: 'Sunsynk, Sol-Ark: work data of Sunsynk Connect or PowerView, saved as CSV',
    columns: [
      ['gridPower', /^acTotalPower\(W\)/i],
      ['loadPower', /^loadTotalPower\(W\)/i],
      ['pvPower', /^ppv[1-4]\(W\)/i],
      ['batteryPower', /^batteryPower\(W\)/i],
      ['batteryCurrent', /^batteryCurrent\(A\)/i],
      ['batteryVoltage', /^batteryVolt\(V\)/i],
      ['batteryTemperature', /^batteryTemp\(/i],
      ['soc', /^batteryEnergy\(/i],
      ['inverterTemperature', /^(?:igbtTemp|heatSinkTemp)\(/i],
    ],
    batteryPositive: 'discharging',
    gridPositive: 'import',
  },
  {
    // The names are the user's: --map names sensors that are not recognised.
    name: 'home-assistant',
    description: 'Home Assistant: history.csv (History, Download data); names of sensors by --map',
    timeZone: 'UTC',
  },
  {
    // The battery is + charging in its InfluxDB and MQTT.
    name: 'solar-assistant',
    description: 'SolarAssistant: CSV of its InfluxDB, or of a panel of its Grafana',
    columns: [
      ['pvPower', /^PV power$/i],
      ['loadPower', /^Load power$/i],
      ['batteryPower', /^Battery power$/i],
      ['gridPower', /^Grid power$/i],
      ['soc', /^Battery (?:state of charge|SOC)$/i],
      ['batteryVoltage', /^Battery voltage$/i],
      ['batteryCurrent', /^Battery current$/i],
      ['batteryTemperature', /^Battery temperature$/i],
      ['inverterTemperature', /^Inverter temperature$/i],
    ],
    batteryPositive: 'charging',
    gridPositive: 'import',
  },
]

export const presetNames: readonly string[] = presets.map(({ name }) => name)

export function presetNamed(name: string): Preset | undefined {
  return presets.find((preset) => preset.name === name)
}
