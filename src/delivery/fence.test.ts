import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fenceOpen } from './fence.ts'
import { deliveryTimers, fenceMs, graceMs, resolveMs } from './timers.ts'

const timers = deliveryTimers({ leaseMs: 10_000 })
const renewed = { monotonic: 0, wall: 50_000, served: 1_000_000 }
const after = (monotonic: number, wall = monotonic, served = monotonic) => ({
  monotonic,
  wall: 50_000 + wall,
  served: 1_000_000 + served,
})

test('the fence of the default lease closes 7.5 seconds after the renewal was sent', () => {
  assert.equal(fenceMs(timers), 7500)
  assert.equal(fenceOpen(renewed, after(7500), timers), true)
  assert.equal(fenceOpen(renewed, after(7501), timers), false)
})

test('a wall clock that jumped ahead closes it, one that was set back does not open it', () => {
  assert.equal(fenceOpen(renewed, after(100, 60_000), timers), false)
  assert.equal(fenceOpen(renewed, after(8000, -60_000), timers), false)
})

test('dates in replies unmask a machine whose clocks stood still, beyond what servers may differ by', () => {
  assert.equal(fenceOpen(renewed, after(10, 10, 8500), timers), true)
  assert.equal(fenceOpen(renewed, after(10, 10, 8501), timers), false)
})

test('without dates the own clocks decide', () => {
  assert.equal(fenceOpen({ monotonic: 0, wall: 0 }, { monotonic: 10, wall: 10, served: 9e12 }, timers), true)
})

test('every wait covers what it is for', () => {
  const { leaseMs, putTimeoutMs, settleMs, visibleMs, clockMarginMs } = timers
  const grace = graceMs(timers, 'expiry')
  // R + M + G >= S + P + 2 rho L
  assert.ok(putTimeoutMs + clockMarginMs + grace >= settleMs + visibleMs + 0.02 * leaseMs)
  assert.ok(graceMs(timers, 'release') >= settleMs + visibleMs)
  assert.ok(resolveMs(timers) >= settleMs + visibleMs)
})
