import { dayKwh, type RegisterMap, totalKwh, watts } from './register-map.ts'

/**
 * Sol-Ark 5K, 8K, 12K and 15K, and the single-phase hybrids of Deye and Sunsynk, which are the same machines.
 * Battery + discharging, grid + importing, as in `quantities.ts`. Sources: the register table of pbix/HA-solark-PV,
 * custom_components/solark/hub.py, and kellerza/sunsynk, src/sunsynk/definitions/single_phase.py.
 */
export const solArkMap: RegisterMap = {
  title: 'Sol-Ark 5K, 8K, 12K, 15K; Deye and Sunsynk, single phase',
  quantities: {
    soc: { registers: [184], type: 'u16', scale: 1, unit: '%' },
    batteryPower: watts(190),
    batteryVoltage: { registers: [183], type: 'u16', scale: 0.01, unit: 'V' },
    batteryCurrent: { registers: [191], type: 'i16', scale: 0.01, unit: 'A' },
    batteryTemperature: {
      registers: [182],
      type: 'u16',
      scale: 0.1,
      zero: 1000,
      unit: '°C',
      absent: { at: 0, because: 'no battery management system reports a temperature' },
    },
    // The fourth is of inverters with four strings, and 0 in all others.
    pvPower: { registers: [186, 187, 188, 189], type: 'u16', scale: 1, unit: 'W' },
    // Of the same strings, in their order; no register of the fourth is known.
    pvVoltage: { registers: [109, 111, 113], type: 'u16', scale: 0.1, unit: 'V' },
    pvCurrent: { registers: [110, 112, 114], type: 'u16', scale: 0.1, unit: 'A' },
    loadPower: { ...watts(178), legs: [176, 177] },
    gridPower: { ...watts(169), legs: [167, 168] },
    // Of the AC side, the heat sink; 90 is that of the DC side.
    inverterTemperature: { registers: [91], type: 'u16', scale: 0.1, zero: 1000, unit: '°C' },
  },
  // Positive where the inverter feeds a load there, negative where power comes in: Deye's Modbus V118, cited in
  // StephanJoubert/home_assistant_solarman#798.
  generatorPort: { registers: [166], type: 'i16', scale: -1, unit: 'W', oneWay: true },
  day: {
    batteryCharge: dayKwh(70),
    batteryDischarge: dayKwh(71),
    gridImport: dayKwh(76),
    gridExport: dayKwh(77),
    load: dayKwh(84),
    pv: dayKwh(108),
  },
  total: {
    batteryCharge: totalKwh(72, 73),
    batteryDischarge: totalKwh(74, 75),
    // 79, between the two words, is the frequency of the grid.
    gridImport: totalKwh(78, 80),
    gridExport: totalKwh(81, 82),
    load: totalKwh(85, 86),
    pv: totalKwh(96, 97),
  },
}

/**
 * The single-phase inverters of 16 kW count the power of the grid in steps of 10 W: kellerza/sunsynk,
 * src/sunsynk/definitions/single_phase_16kw.py.
 */
export const solArk16kMap: RegisterMap = {
  ...solArkMap,
  title: 'Sol-Ark, Deye and Sunsynk of 16 kW, single phase',
  quantities: { ...solArkMap.quantities, gridPower: { ...watts(169), scale: 10 } },
}
