import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extractCampaign, parseCampaignParameters, type Campaign } from './campaign-attribution.ts'

const lists = { mktMedium: ['utm_medium', 'medium'], mktSource: ['utm_source'], mktTerm: [], mktContent: [] }

function campaign(querystring: Record<string, string>, mktClickId: unknown = {}): Campaign {
  const parsed = parseCampaignParameters({ fields: { ...lists, mktCampaign: ['utm_campaign'], mktClickId } })
  if ('errors' in parsed) assert.fail(parsed.errors.join())
  return extractCampaign(new Map(Object.entries(querystring)), parsed)
}

test('of several names the first that is there wins, also with nothing in it', () => {
  assert.equal(campaign({ medium: 'b', utm_medium: 'a' }).medium, 'a')
  assert.equal(campaign({ medium: 'b', utm_medium: '' }).medium, null)
  assert.equal(campaign({ medium: 'b' }).medium, 'b')
})

test('the networks that everyone knows need no configuration', () => {
  const { clickId, network } = campaign({ dclid: '3', gclid: '1', msclkid: '2' })
  assert.deepEqual([clickId, network], ['1', 'Google'])
})

test('configured click ids come first, in their order, and may rename the known ones', () => {
  const own = { fbclid: 'Facebook', gclid: 'Ours' }
  assert.equal(campaign({ gclid: '1', fbclid: '2' }, own).network, 'Facebook')
  assert.equal(campaign({ dclid: '3', gclid: '1' }, own).network, 'Ours')
})

test('a column gets no tab from a querystring', () => {
  assert.equal(campaign({ utm_campaign: 'a\tb\n' }).campaign, 'a    b')
})

test('all parameters that are wrong are named', () => {
  const parsed = parseCampaignParameters({ fields: { ...lists, mktTerm: 'x', mktClickId: { a: 1 } } })
  assert.deepEqual(parsed, {
    errors: [
      'fields.mktTerm must be a list of parameter names',
      'fields.mktCampaign must be a list of parameter names',
      'fields.mktClickId must map parameter names to networks',
    ],
  })
})
