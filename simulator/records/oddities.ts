/** A contact with a hostile text. */
interface ContactOddity {
  name: string
  /** The text that replaces the ordinary `custom_attributes`. */
  customAttributes?: string
  /** A change of the whole text. */
  edit?: (text: string) => string
}

const depth = 100
const backslash = '\\'
const unicodeEscape = (digits: string): string => `${backslash}u${digits}`

/** Texts that JSON allows and careless code breaks: each must arrive unchanged. The first contacts have them. */
export const contactOddities: readonly ContactOddity[] = [
  {
    name: 'more digits than a double holds',
    customAttributes: '{"account":12345678901234567890,"list":[-98765432109876543210]}',
  },
  { name: 'a trailing zero', customAttributes: '{"price":1.10,"rate":1.0,"small":1E-7}' },
  { name: 'beyond the largest double', customAttributes: '{"huge":1e400,"tiny":1e-400}' },
  { name: 'a negative zero', customAttributes: '{"zero":-0,"zero_point":-0.0}' },
  {
    name: 'keys of the object prototype',
    customAttributes: '{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}},"toString":"text"}',
  },
  { name: 'a lone high surrogate', customAttributes: `{"emoji":"cut ${unicodeEscape('d83d')}"}` },
  { name: 'a lone low surrogate in capitals', customAttributes: `{"emoji":"${unicodeEscape('DE00')} cut"}` },
  {
    name: 'surrogates in the wrong order',
    customAttributes: `{"emoji":"${unicodeEscape('de00')}${unicodeEscape('d83d')}"}`,
  },
  {
    name: 'a lone surrogate in a key',
    customAttributes: `{"key${unicodeEscape('d83d')}":"${unicodeEscape('d83d')}${unicodeEscape('d83d')}${unicodeEscape('de00')}"}`,
  },
  { name: 'a surrogate pair', customAttributes: `{"emoji":"whole ${unicodeEscape('d83d')}${unicodeEscape('de00')}"}` },
  {
    name: 'an escaped backslash before ud83d',
    customAttributes: `{"path":"C:${backslash}${backslash}ud83d${backslash}${backslash}"}`,
  },
  {
    name: 'a NUL',
    customAttributes: `{"nul":"a${unicodeEscape('0000')}b","controls":"${backslash}b${backslash}f${backslash}t${backslash}r${backslash}n"}`,
  },
  { name: 'line separators', customAttributes: '{"lines":"one\u2028two\u2029three\u0085four"}' },
  { name: 'a very long string', customAttributes: `{"essay":"${'Ünïcode & more, '.repeat(6_400)}"}` },
  { name: 'duplicate keys', customAttributes: '{"twice":1,"twice":2,"other":{"a":[],"a":{}}}' },
  { name: 'deep nesting', customAttributes: `{"deep":${'[{"in":'.repeat(depth / 2)}null${'}]'.repeat(depth / 2)}}` },
  {
    name: 'escapes in keys',
    customAttributes: `{"${unicodeEscape('006e')}ame":"n","${unicodeEscape('0069')}d":"not the id","a${backslash}"b":1}`,
  },
  {
    name: 'text that looks like the envelope',
    customAttributes: `{"log":"${backslash}"data${backslash}":[{${backslash}"id${backslash}":1}]}}","data":[{"id":"x"}],"pages":{"next":null}}`,
  },
  { name: 'emoji and combining marks', customAttributes: '{"mood":"👩‍👩‍👧‍👦 e\u0301 🇮🇪","\u{1f600}":"key"}' },
  { name: 'white space between tokens', customAttributes: '{ "a" : [ 1 , 2 ] ,\t"b" : { } }' },
  { name: 'escaped slashes', customAttributes: `{"url":"https:${backslash}/${backslash}/example.com${backslash}/"}` },
  {
    name: 'numbers named id inside',
    customAttributes: '{"id":5,"owner_id":7,"updated_at":"yesterday","created_at":null}',
  },
  {
    name: 'an owner with more digits than a double holds',
    edit: (text) => text.replace(/"owner_id":(null|\d+|"\d+")/, '"owner_id":12345678901234567890'),
  },
  { name: 'unknown members', edit: (text) => `${text.slice(0, -1)},"__proto__":"text","new_member":{"a":[1.50]}}` },
  {
    name: 'a name that ends in a backslash',
    edit: (text) => text.replace(/"name":"[^"]*"/, () => `"name":"back${backslash}${backslash}"`),
  },
]
