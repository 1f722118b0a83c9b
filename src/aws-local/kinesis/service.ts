import { jsonAnswer, jsonRefusal, operationIn, type Service } from '../service.ts'
import { readBody } from '../request.ts'
import type { Kinesis } from './kinesis.ts'
import { answerKinesis } from './operations/index.ts'

const contentType = 'application/x-amz-json-1.1'

/** Kinesis as it is spoken: AWS JSON 1.1. */
export function kinesisService(kinesis: Kinesis): Service {
  return {
    answer: request => {
      const answer = answerKinesis(kinesis, operationIn(request), readBody(request.body))
      if (answer.kind === 'json') return jsonAnswer(contentType, answer.body)
      return { ...answer, contentType: 'application/vnd.amazon.eventstream' }
    },
    refuse: error => jsonRefusal(contentType, error),
  }
}
