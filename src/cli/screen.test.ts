import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fit } from './screen.ts'

const command = `see events     npx millrace tap --directory ${'x'.repeat(40)}`

test('the status is cut to the width of the terminal, and its hints are not', () => {
  const { text, height } = fit({ status: `${'a'.repeat(41)}\nb`, hints: command }, { rows: 24, columns: 40 })
  assert.equal(text, `${'a'.repeat(39)}…\nb\n\n${command}`)
  // The terminal wraps them, and the next redraw has to find their beginning.
  assert.equal(height, 3 + Math.ceil(command.length / 40))
})

test('what does not fit below is left out, whole lines at a time', () => {
  const { text, height } = fit({ status: 'a\nb\nc', hints: `${command}\nstop` }, { rows: 7, columns: 40 })
  assert.equal(text, 'a\nb\nc\n\n…')
  assert.equal(height, 5)
})

test('a view without hints ends with itself', () => {
  assert.deepEqual(fit({ status: 'a\nb' }, { rows: 24, columns: 40 }), { text: 'a\nb', height: 2 })
})
