import { expect, test } from 'vitest'
import { axisTexts } from '../../src/web/numbers.ts'

/** The number in a text such as "0.075 kWh", as the language of this machine writes it. */
function numberIn(text: string): number {
  const [, decimalSign = '.'] = /0(\D)5/.exec(new Intl.NumberFormat().format(0.5)) ?? []
  const digits = [...text].filter((sign) => /\d/.test(sign) || sign === decimalSign)
  return Number(digits.join('').replace(decimalSign, '.'))
}

test('the labels of an axis say exactly where they stand, whatever its step', () => {
  for (const step of [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 25, 100, 250]) {
    const values = [0, 1, 2, 3, 4].map((count) => count * step)
    const size = step * 4 < 1000 ? 1 : 1000
    for (const [index, text] of axisTexts(values, 'kWh').entries()) {
      expect([step, numberIn(text)]).toEqual([step, expect.closeTo((index * step) / size, 9)])
    }
  }
})
