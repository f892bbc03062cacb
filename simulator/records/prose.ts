import { createRandom, integerBetween, pick, type Random } from '../random.ts'

const syllables = ['ka', 'ten', 'li', 'mor', 'sa', 'ri', 'ven', 'to', 'pel', 'un', 'da', 'ses', 'o', 'er', 'ing', 'na']
const wordCount = 4000
const vocabularySize = 1 << 14
/** The share of sentences that many people write alike: greetings, signatures, what a team answers again and again. */
const stockShare = 0.45

/** The first words are the frequent ones, and short. */
const words = Array.from({ length: wordCount }, (_, index) => {
  const random = createRandom(23, index)
  return Array.from({ length: 1 + Math.floor(Math.log10(index + 1)) }, () => pick(random, syllables)).join('')
})
/** The words as often as they come, so that a word is found without a power: long texts consist of millions. */
const vocabulary = Array.from({ length: vocabularySize }, (_, place) => {
  return words[Math.floor(wordCount ** (place / vocabularySize)) - 1] ?? ''
})
const stock = Array.from({ length: 100 }, (_, index) => sentenceOf(createRandom(29, index)))

/**
 * Sentences of about so many characters, which compress about as well as what people write to each other: 4 to 5 : 1. A
 * word comes the more often, the earlier it is in the vocabulary (Zipf's law).
 */
export function proseOf(random: Random, length: number): string {
  let text = ''
  while (text.length < length) text += random() < stockShare ? pick(random, stock) : sentenceOf(random)
  return text
}

function sentenceOf(random: Random): string {
  let text = pick(random, vocabulary)
  for (let count = integerBetween(random, 3, 15); count > 0; count--) text += ` ${pick(random, vocabulary)}`
  return `${text}. `
}
