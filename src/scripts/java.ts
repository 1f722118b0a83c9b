/*
 * Scripts for Snowplow ran on the JVM and could use its classes. That cannot be offered here, and a script that needs
 * them should be refused at start, not fail for each event.
 */

const uses =
  /\bJava\s*\.\s*(?:type|from|to|extend|super)\b|\bPackages\s*\.|\bJavaImporter\s*\(|\bimport(?:Package|Class)\s*\(|\bjava\s*\.\s*(?:lang|util|io|net|nio|math|time|text|security)\b|\borg\s*\.\s*apache\s*\./

const comments = /\/\*[^]*?\*\/|(?<=^|[\s;{}),])\/\/[^\n]*/gm

/** What of Java a script uses, as it stands there; undefined for nothing. Comments do not count. */
export function javaUsed(source: string): string | undefined {
  return uses.exec(source.replace(comments, ''))?.[0]
}
