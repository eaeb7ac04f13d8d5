import { dayKwh, type RegisterMap, totalKwh, watts } from './register-map.ts'

/**
 * Three-phase hybrids of Deye and Sunsynk with a low-voltage battery, such as SUN-12K-SG04LP3. Battery + discharging,
 * grid + importing. Sources: kellerza/sunsynk, src/sunsynk/definitions/three_phase_common.py and three_phase_lv.py;
 * kbialek/deye-inverter-mqtt, docs/metric_group_deye_sg04lp3.md and _battery.md;
 * StephanJoubert/home_assistant_solarman, inverter_definitions/deye_sg04lp3.yaml.
 */
export const deyeThreePhaseMap: RegisterMap = {
  title: 'Deye and Sunsynk, three phases, low-voltage battery',
  quantities: {
    soc: { registers: [588], type: 'u16', scale: 1, unit: '%' },
    batteryPower: watts(590),
    batteryVoltage: { registers: [587], type: 'u16', scale: 0.01, unit: 'V' },
    batteryCurrent: { registers: [591], type: 'i16', scale: 0.01, unit: 'A' },
    batteryTemperature: {
      registers: [586],
      type: 'u16',
      scale: 0.1,
      zero: 1000,
      unit: '°C',
      absent: { at: 0, because: 'no battery management system reports a temperature' },
    },
    // The third and fourth are of inverters with so many strings, and 0 in all others.
    pvPower: { registers: [672, 673, 674, 675], type: 'u16', scale: 1, unit: 'W' },
    // Of the first two, in their order: many have no more, and may refuse registers that they do not have.
    pvVoltage: { registers: [676, 678], type: 'u16', scale: 0.1, unit: 'V' },
    pvCurrent: { registers: [677, 679], type: 'u16', scale: 0.1, unit: 'A' },
    loadPower: watts(653),
    gridPower: watts(625),
    inverterTemperature: { registers: [541], type: 'u16', scale: 0.1, zero: 1000, unit: '°C' },
  },
  // Positive where power comes in: evcc-io/evcc#19256 adds it to the power of PV as it is.
  generatorPort: { ...watts(667), oneWay: true },
  day: {
    batteryCharge: dayKwh(514),
    batteryDischarge: dayKwh(515),
    gridImport: dayKwh(520),
    gridExport: dayKwh(521),
    load: dayKwh(526),
    pv: dayKwh(529),
    generator: dayKwh(536),
  },
  total: {
    batteryCharge: totalKwh(516, 517),
    batteryDischarge: totalKwh(518, 519),
    gridImport: totalKwh(522, 523),
    gridExport: totalKwh(524, 525),
    load: totalKwh(527, 528),
    pv: totalKwh(534, 535),
    generator: totalKwh(537, 538),
  },
}

/**
 * Those with a high-voltage battery, such as SUN-20K-SG01HP3: other steps, and two batteries whose powers and currents
 * add up; state of charge, voltage and temperature are those of the first. Sources: kellerza/sunsynk,
 * src/sunsynk/definitions/three_phase_hv.py; kbialek/deye-inverter-mqtt, docs/metric_group_deye_sg01hp3.md and
 * _battery.md. Grid and load are read as 16 bits, which end at 32 kW.
 */
export const deyeThreePhaseHighVoltageMap: RegisterMap = {
  ...deyeThreePhaseMap,
  title: 'Deye and Sunsynk, three phases, high-voltage battery, up to 30 kW',
  quantities: {
    ...deyeThreePhaseMap.quantities,
    batteryPower: { ...watts(590, 595), scale: 10 },
    batteryVoltage: { registers: [587], type: 'u16', scale: 0.1, unit: 'V' },
    batteryCurrent: { registers: [591, 594], type: 'i16', scale: 0.01, unit: 'A' },
    pvPower: { registers: [672, 673, 674, 675], type: 'u16', scale: 10, unit: 'W' },
    pvVoltage: { registers: [676, 678, 680, 682], type: 'u16', scale: 0.1, unit: 'V' },
    pvCurrent: { registers: [677, 679, 681, 683], type: 'u16', scale: 0.1, unit: 'A' },
  },
}
