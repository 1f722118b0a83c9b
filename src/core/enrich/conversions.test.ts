import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeBase64,
  Refusal,
  toDecimal,
  toDimensions,
  toEventType,
  toFlag,
  toInt,
  toIp,
  toPlatform,
  toPlatformOrHeadset,
  toText,
  toTimestamp,
  toUuid,
} from './conversions.ts'

function expectation(converted: unknown): string {
  return converted instanceof Refusal ? converted.expectation : assert.fail('it was accepted')
}

test('a text loses its control characters, a tab becomes four spaces, and nothing left is null', () => {
  assert.equal(toText('a\tb\r\nc\u007f'), 'a    bc')
  assert.equal(toText('\n'), null)
  assert.equal(toText(''), null)
  assert.equal(toText(' é\u0085\u2028 '), ' é\u0085\u2028 ')
})

test('whatever is sent, a text has no tab and no line break', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 50 })
  fc.assert(fc.property(anything, sent => !/[\t\n\r\0]/.test(toText(sent) ?? '')))
})

test('integers are what Java takes for one', () => {
  assert.equal(toInt('028288'), 28_288)
  assert.equal(toInt('+7'), 7)
  assert.equal(toInt('-0'), 0)
  assert.equal(toInt('٤٥٦'), 456)
  assert.equal(toInt('-2147483648'), -2_147_483_648)
  assert.equal(toInt(`${'0'.repeat(500)}12`), 12)
  assert.equal(toInt('NuLl'), null)
})

test('integers beyond 32 bits, fractions, exponents and spaces are refused', () => {
  for (const wrong of ['2147483648', '-2147483649', '1999.', '1e3', ' 1', '', '-', '0x1', '𝟏'])
    assert.equal(expectation(toInt(wrong)), 'cannot be converted to java.lang.Integer')
})

test('decimals keep their zeros and show no exponent before the point', () => {
  const expected = {
    '1.10': '1.10',
    '23.': '23',
    '.5': '0.5',
    '007': '7',
    '-0.00': '0.00',
    '8E+3': '8000',
    '6.72e9': '6720000000',
    '12.345E2': '1234.5',
    '0.000001': '0.000001',
    '0.0000001': '1E-7',
    '0.00000123': '0.00000123',
    '0.000000123': '1.23E-7',
    '0e999999999': '0',
    '1e-999999999': '1E-999999999',
    '٤٥٦٧.٦٧': '4567.67',
  }
  for (const [sent, text] of Object.entries(expected)) assert.equal(toDecimal(sent), text, sent)
})

function reason(sent: string): string {
  return expectation(toDecimal(sent)).split(' Error : ')[1] ?? ''
}

test('a decimal that is none is refused in the words of Java', () => {
  assert.match(reason('19,99'), /^Character , is neither a decimal digit/)
  assert.equal(reason('1.2.3'), 'Character array contains more than one decimal point.')
  assert.equal(reason('1e'), 'No exponent digits.')
  assert.equal(reason('-'), 'No digits found.')
  assert.equal(reason('1e99999999999'), 'Too many nonzero exponent digits.')
  assert.equal(reason('1e-9999999999'), 'Scale out of range.')
})

test('a short text cannot become a gigabyte of zeros', () => {
  assert.match(expectation(toDecimal('1e999999999')), /^cannot be converted to java.math.BigDecimal/)
  assert.match(expectation(toDecimal('-1e1001')), /Exponent too large/)
})

test('a decimal that is accepted has the value that JavaScript sees in it', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), sent => {
      assert.ok(Number(toDecimal(String(sent))) === sent)
    }),
  )
})

test('flags are 1 and 0, nothing else', () => {
  assert.equal(toFlag('1'), 1)
  assert.equal(toFlag('0'), 0)
  for (const wrong of ['true', '', '01'])
    assert.equal(expectation(toFlag(wrong)), 'cannot be converted to Boolean-like java.lang.Byte')
})

test('a UUID is lowered, a shortened one is refused', () => {
  assert.equal(toUuid('A729D278-110A-4AC6-845B-D1F12CE45AC7'), 'a729d278-110a-4ac6-845b-d1f12ce45ac7')
  assert.equal(expectation(toUuid('1-1-1-1-1')), 'not a valid UUID')
})

test('a timestamp is milliseconds since the epoch', () => {
  assert.equal(toTimestamp('1700000000123'), '2023-11-14 22:13:20.123')
  assert.equal(toTimestamp('-1'), '1969-12-31 23:59:59.999')
  assert.equal(toTimestamp('-62167219200000'), '0000-01-01 00:00:00.000')
  assert.equal(expectation(toTimestamp('1.7e12')), 'not in the expected format: ms since epoch')
  assert.equal(expectation(toTimestamp('')), 'not in the expected format: ms since epoch')
  assert.equal(expectation(toTimestamp('9223372036854775808')), 'not in the expected format: ms since epoch')
})

test('a year of more than four digits is refused, with the text it would have', () => {
  assert.equal(
    expectation(toTimestamp('253402300800000')),
    'formatting as 10000-01-01 00:00:00.000 is not Redshift-compatible',
  )
  assert.equal(
    expectation(toTimestamp('9223372036854775807')),
    'formatting as 292278994-08-17 07:12:55.807 is not Redshift-compatible',
  )
})

test('dimensions are two integers', () => {
  assert.deepEqual(toDimensions('1200x800'), { width: 1200, height: 800 })
  assert.equal(expectation(toDimensions('1200x-17')), 'does not conform to regex (\\d+)x(\\d+)')
  assert.equal(expectation(toDimensions('1x2147483648')), 'could not be converted to java.lang.Integer s')
})

test('of several addresses the first counts', () => {
  assert.equal(toIp('1.2.3.4, 5.6.7.8'), '1.2.3.4')
  assert.equal(toIp('1.2.3.4|x'), '1.2.3.4')
  assert.equal(toIp(',1.2.3.4'), null)
})

test('event types and platforms are closed lists; headset came with 4.0', () => {
  assert.equal(toEventType('ev'), 'struct')
  assert.equal(expectation(toEventType('page_view')), 'not recognized as an event type')
  assert.equal(expectation(toPlatform('headset')), 'not recognized as a tracking platform')
  assert.equal(toPlatformOrHeadset('headset'), 'headset')
})

test('base64 is read in both alphabets, without padding and around foreign characters', () => {
  assert.equal(decodeBase64('w7_Dvw'), 'ÿÿ')
  assert.equal(decodeBase64('w7/Dvw=='), 'ÿÿ')
  assert.equal(decodeBase64('Sm9 o\nbg=='), 'John')
  assert.equal(decodeBase64('Sm9obg==Sm9obg=='), 'John')
})

test('what was encoded is decoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      assert.equal(decodeBase64(Buffer.from(text).toString('base64url')), text)
    }),
  )
})

test('no conversion ever throws', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789.eE+-x٤ ')) }),
  )
  const conversions = [decodeBase64, toDecimal, toDimensions, toInt, toIp, toText, toTimestamp, toUuid]
  fc.assert(fc.property(anything, sent => conversions.forEach(convert => convert(sent))))
})
