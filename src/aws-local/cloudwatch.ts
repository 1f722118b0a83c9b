import { z } from 'zod'
import type { Clock } from '../lib/index.ts'
import { AwsError } from './aws-error.ts'
import { fields, parse, readBody } from './request.ts'
import { jsonAnswer, jsonRefusal, operationIn, type Service } from './service.ts'

const contentType = 'application/x-amz-json-1.0'

/** CloudWatch as it is spoken: AWS JSON 1.0. Keeps every value; knows no alarms. */
export function cloudWatchService(clock: Clock): Service {
  const metrics = new Metrics()
  return {
    answer: request => {
      const body = readBody(request.body)
      switch (operationIn(request)) {
        case 'PutMetricData':
          putMetricData(metrics, body, clock.now())
          return jsonAnswer(contentType, {})
        case 'GetMetricStatistics':
          return jsonAnswer(contentType, getMetricStatistics(metrics, body))
        default:
          throw new AwsError('UnknownOperationException', `Unknown operation ${operationIn(request)}`)
      }
    },
    refuse: error => {
      const answer = jsonRefusal(contentType, error)
      // Clients that still know the names of the old protocol read them here.
      const oldName = error.code.replace(/Exception$/, '')
      return { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': `${oldName};Sender` } }
    },
  }
}

/** Some values of one metric at one moment, summed up. */
interface Point {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly unit: string
  readonly Sum: number
  readonly SampleCount: number
  readonly Minimum: number
  readonly Maximum: number
}

/** Points by metric: a namespace, a name and exactly these dimensions. */
class Metrics {
  readonly #points = new Map<string, Point[]>()

  add(metric: string, points: readonly Point[]): void {
    const known = this.#points.get(metric) ?? []
    for (const point of points) known.push(point)
    this.#points.set(metric, known)
  }

  /** Those from `start` to before `end`. */
  between(metric: string, start: number, end: number): readonly Point[] {
    return (this.#points.get(metric) ?? []).filter(({ at }) => at >= start && at < end)
  }
}

const dimensions = z
  .array(z.object({ Name: z.string().min(1).max(255), Value: z.string().min(1).max(1024) }))
  .max(30)
  .default([])

const metricName = z.string().min(1).max(255)

const datumSchema = z.object({
  MetricName: metricName,
  Dimensions: dimensions,
  Timestamp: fields.timestamp.optional(),
  Unit: z.string().default('None'),
  StorageResolution: z.int().optional(),
  Value: z.number().optional(),
  // Source: PutMetricData, "up to 150 values per metric".
  Values: z.array(z.number()).max(150).optional(),
  Counts: z.array(z.number()).max(150).optional(),
  StatisticValues: z
    .object({ SampleCount: z.number(), Sum: z.number(), Minimum: z.number(), Maximum: z.number() })
    .optional(),
})

type Datum = z.output<typeof datumSchema>

const putSchema = z.object({
  Namespace: metricName,
  // Source: PutMetricData, "up to 1000 different metrics".
  MetricData: z.array(datumSchema).max(1000).default([]),
})

function putMetricData(metrics: Metrics, body: unknown, now: number): void {
  const { Namespace, MetricData } = checked(putSchema, body)
  if (Namespace.startsWith('AWS/')) {
    throw invalidValue('The value AWS/ for parameter Namespace is invalid.')
  }
  const points = MetricData.map(datum => pointsOf(datum, now))
  MetricData.forEach((datum, i) => metrics.add(keyOf(Namespace, datum), points[i] ?? []))
}

const dayMs = 86_400_000

function pointsOf(datum: Datum, now: number): Point[] {
  const { Timestamp: at = now, Unit: unit, StatisticValues } = datum
  // Source: PutMetricData, "up to two weeks before the current date, and up to 2 hours ahead".
  if (at < now - 14 * dayMs || at > now + dayMs / 12) {
    throw invalidValue(`The parameter Timestamp of ${datum.MetricName} must be within the last two weeks.`)
  }
  if (StatisticValues !== undefined) return [{ at, unit, ...StatisticValues }]
  const values = datum.Values ?? (datum.Value === undefined ? [] : [datum.Value])
  if (values.length === 0) throw invalidValue(`The metric ${datum.MetricName} has no value.`)
  if (datum.Counts !== undefined && datum.Counts.length !== values.length) {
    throw invalidValue(`The metric ${datum.MetricName} needs as many Counts as Values.`)
  }
  return values.map((value, i) => {
    const count = datum.Counts?.[i] ?? 1
    return { at, unit, Sum: value * count, SampleCount: count, Minimum: value, Maximum: value }
  })
}

const statistics = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const

const getSchema = z.object({
  Namespace: metricName,
  MetricName: metricName,
  Dimensions: dimensions,
  StartTime: fields.timestamp,
  EndTime: fields.timestamp,
  Period: z.int().refine(seconds => seconds % 60 === 0 || [1, 5, 10, 20, 30].includes(seconds)),
  Statistics: z.array(z.enum(statistics)).min(1).max(5),
  Unit: z.string().optional(),
})

// Source: GetMetricStatistics, "the maximum number of data points returned from a single call is 1,440".
const maxDatapoints = 1440

function getMetricStatistics(metrics: Metrics, body: unknown): object {
  const input = checked(getSchema, body)
  const { StartTime, EndTime, Period, Unit } = input
  if (StartTime >= EndTime) throw invalidValue('The parameter StartTime must be less than EndTime.')
  if ((EndTime - StartTime) / (Period * 1000) > maxDatapoints) {
    throw new AwsError(
      'InvalidParameterCombinationException',
      `More than ${maxDatapoints} datapoints are asked for.`,
    )
  }
  const points = metrics
    .between(keyOf(input.Namespace, input), StartTime, EndTime)
    .filter(({ unit }) => Unit === undefined || unit === Unit)
  const periods = Map.groupBy(
    points,
    ({ at, unit }) => `${Math.floor(at / (Period * 1000)) * Period} ${unit}`,
  )
  return {
    Label: input.MetricName,
    Datapoints: [...periods].map(([period, inside]) => datapoint(period, inside, input.Statistics)),
  }
}

function datapoint(
  period: string,
  points: readonly Point[],
  wanted: readonly (typeof statistics)[number][],
): object {
  const [seconds, unit] = period.split(' ')
  const SampleCount = sum(points.map(point => point.SampleCount))
  const Sum = sum(points.map(point => point.Sum))
  const all = {
    SampleCount,
    Sum,
    Average: Sum / SampleCount,
    Minimum: points.reduce((least, point) => Math.min(least, point.Minimum), Infinity),
    Maximum: points.reduce((most, point) => Math.max(most, point.Maximum), -Infinity),
  }
  const told = Object.fromEntries(wanted.map(name => [name, all[name]]))
  return { Timestamp: Number(seconds), Unit: unit, ...told }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

function keyOf(
  namespace: string,
  { MetricName, Dimensions }: Pick<Datum, 'MetricName' | 'Dimensions'>,
): string {
  const pairs = Dimensions.map(({ Name, Value }) => [Name, Value]).sort(([a = ''], [b = '']) =>
    a < b ? -1 : 1,
  )
  return JSON.stringify([namespace, MetricName, pairs])
}

function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message)
}

/** CloudWatch calls every wrong value an invalid parameter. */
function checked<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  try {
    return parse(schema, body)
  } catch (error) {
    if (error instanceof AwsError) throw invalidValue(error.message)
    throw error
  }
}
