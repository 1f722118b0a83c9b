/*
 * Why a case of the corpus is not run, where this program has nothing to call. A case that is neither run nor has one of
 * these reasons fails. docs/compatibility.md tells the same to people (test/docs.test.ts holds them equal).
 */
export const reasonsNotToRun = {
  loaders:
    'a loader of the batch era, which reads log files; what comes from a stream is always a collector payload in Thrift',
  datePattern:
    'no adapter has dates of another pattern than `yyyy-MM-dd HH:mm:ss`, so the pattern is no argument here',
  piiText:
    'the event about pseudonyms is made of the list of what they replaced; no text in between can be handed in',
  yauaa:
    'needs what Yauaa itself answers: `npm run interop:yauaa` runs it with the real library, and so does a service that `MILLRACE_YAUAA_URL` names',
} as const
