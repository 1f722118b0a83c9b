import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { record, schema, text, type Rule } from './notation.ts'

/* The context of Yauaa, each version by what is new in it. */

const devices = [
  'Desktop',
  'Anonymized',
  'Unknown',
  'UNKNOWN',
  'Mobile',
  'Tablet',
  'Phone',
  'Watch',
  'Virtual Reality',
  'eReader',
  'Set-top box',
  'TV',
  'Game Console',
]
const handheldDevices = ['Handheld Game Console', 'Voice']
const robotDevices = ['Robot', 'Robot Mobile', 'Spy', 'Hacker']

const operatingSystems = [
  'Desktop',
  'Mobile',
  'Cloud',
  'Embedded',
  'Game Console',
  'Hacker',
  'Anonymized',
  'Unknown',
]

const engines = ['Browser', 'Mobile App', 'Hacker', 'Robot', 'Unknown']

const agents = [
  'Browser',
  'Browser Webview',
  'Mobile App',
  'Robot',
  'Robot Mobile',
  'Cloud Application',
  'Email Client',
  'Voice',
  'Special',
  'Testclient',
  'Hacker',
  'Unknown',
]

const securities = ['Weak security', 'Strong security', 'Unknown', 'Hacker']

type Fields = Readonly<Record<string, Rule>>

const first: Fields = {
  deviceClass: { enum: [...devices, ...handheldDevices, ...robotDevices] },
  deviceName: text(100),
  deviceBrand: text(50),
  deviceCpu: text(50),
  deviceCpuBits: text(20),
  deviceFirmwareVersion: text(100),
  deviceVersion: text(100),
  operatingSystemClass: { enum: operatingSystems },
  operatingSystemName: text(100),
  operatingSystemVersion: text(50),
  operatingSystemNameVersion: text(150),
  operatingSystemVersionBuild: text(100),
  layoutEngineClass: { enum: engines },
  layoutEngineName: text(100),
  layoutEngineVersion: text(50),
  layoutEngineVersionMajor: text(20),
  layoutEngineNameVersion: text(150),
  layoutEngineNameVersionMajor: text(120),
  layoutEngineBuild: text(100),
  agentClass: { enum: agents },
  agentName: text(100),
  agentVersion: text(100),
  agentVersionMajor: text(20),
  agentNameVersion: text(200),
  agentNameVersionMajor: text(120),
  agentBuild: text(100),
  agentLanguage: text(50),
  agentLanguageCode: text(20),
  agentInformationEmail: text({ format: 'email' }),
  agentInformationUrl: text(),
  agentSecurity: text({ enum: securities }),
  agentUuid: text(),
  webviewAppName: text(),
  webviewAppVersion: text(),
  webviewAppVersionMajor: text(50),
  webviewAppNameVersionMajor: text(50),
  facebookCarrier: text(),
  facebookDeviceClass: text(1024),
  facebookDeviceName: text(1024),
  facebookDeviceVersion: text(),
  facebookFBOP: text(),
  facebookFBSS: text(),
  facebookOperatingSystemName: text(),
  facebookOperatingSystemVersion: text(),
  anonymized: text(),
  hackerAttackVector: text(),
  hackerToolkit: text(),
  koboAffiliate: text(),
  koboPlatformId: text(),
  iECompatibilityVersion: text(100),
  iECompatibilityVersionMajor: text(50),
  iECompatibilityNameVersion: text(50),
  iECompatibilityNameVersionMajor: text(70),
  carrier: text(),
  gSAInstallationID: text(),
  networkType: text(),
}

const withMajorVersions: Fields = {
  ...first,
  operatingSystemNameVersionMajor: text(),
  operatingSystemVersionMajor: text(),
}

const newDevices = ['Augmented Reality', 'Robot Imitator']
const moreEngines = [...engines, 'Special', 'Cloud', 'eReader']
const moreAgents = [...agents, 'Desktop App', 'eReader']

const withNewClasses: Fields = {
  ...withMajorVersions,
  deviceClass: { enum: [...devices, ...handheldDevices, ...robotDevices, ...newDevices] },
  layoutEngineClass: { enum: moreEngines },
  agentClass: { enum: moreAgents },
  agentSecurity: text({ enum: [...securities, 'No security'] }),
}

const withLongerVersion: Fields = { ...withNewClasses, agentVersionMajor: text(100) }

/** Nearly all texts may be longer. */
const roomy: Fields = {
  ...withLongerVersion,
  deviceClass: {
    enum: [...devices, 'Home Appliance', ...handheldDevices, 'Car', ...robotDevices, ...newDevices],
  },
  deviceName: text(256),
  deviceBrand: text(128),
  deviceCpu: text(128),
  deviceCpuBits: text(128),
  deviceFirmwareVersion: text(1000),
  deviceVersion: text(1000),
  operatingSystemClass: text({ enum: operatingSystems }),
  operatingSystemName: text(256),
  operatingSystemVersion: text(1000),
  operatingSystemNameVersion: text(1000),
  operatingSystemVersionBuild: text(1000),
  layoutEngineClass: text({ enum: moreEngines }),
  layoutEngineName: text(256),
  layoutEngineVersion: text(1000),
  layoutEngineVersionMajor: text(1000),
  layoutEngineNameVersion: text(1000),
  layoutEngineNameVersionMajor: text(1000),
  layoutEngineBuild: text(1000),
  agentClass: text({ enum: moreAgents }),
  agentName: text(256),
  agentVersion: text(1000),
  agentVersionMajor: text(1000),
  agentNameVersion: text(1000),
  agentNameVersionMajor: text(1000),
  agentBuild: text(1000),
  agentLanguage: text(1000),
  agentLanguageCode: text(1000),
  agentInformationEmail: text(),
  webviewAppVersionMajor: text(1000),
  webviewAppNameVersionMajor: text(1000),
  iECompatibilityVersion: text(1000),
  iECompatibilityVersionMajor: text(1000),
  iECompatibilityNameVersion: text(1000),
  iECompatibilityNameVersionMajor: text(1000),
}

const versions = [
  ['1-0-0', first],
  ['1-0-1', withMajorVersions],
  ['1-0-2', withNewClasses],
  ['1-0-3', withLongerVersion],
  ['1-0-4', roomy],
] as const

export const yauaaContexts: readonly SelfDescribingSchema[] = versions.map(([version, fields]) =>
  schema(
    'nl.basjes',
    'yauaa_context',
    version,
    'What YAUAA reads from the user agent',
    record(fields, { required: ['deviceClass'] }),
  ),
)
