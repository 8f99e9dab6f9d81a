import { describe, expect, it } from 'vitest';
import { respell } from './spelling-pairs.ts';

describe('respell', () => {
  it.each([
    ['color', 'colour'],
    ['Colors', 'Colours'],
    ['colorful', 'colourful'],
    ['CENTERS', 'CENTRES'],
    ['centered', 'centred'],
    ['favorite', 'favourite'],
    ['traveled', 'travelled'],
    ['analyze', 'analyse'],
    ['analyzing', undefined],
    ['defense', 'defence'],
    ['catalog', 'catalogue'],
    ['pediatric', 'paediatric'],
  ])('writes %s the British way: %s', (word, british) => {
    expect(respell(word, 'british')).toBe(british);
  });

  it.each([
    ['colour', 'color'],
    ['centred', 'centered'],
    ['theatres', 'theaters'],
    ['cancelled', 'canceled'],
    ['organisation', 'organization'],
    ['organising', 'organizing'],
    ['emphasised', 'emphasized'],
    ['whilst', 'while'],
    ['programmes', 'programs'],
  ])('writes %s the American way: %s', (word, american) => {
    expect(respell(word, 'american')).toBe(american);
  });

  it.each([
    'organism',
    'emphasis',
    'analyses',
    'optimism',
    'specialist',
    'advertise',
    'tourist',
    'pouring',
    'hours',
    'fourth',
  ])('accepts %s in American English', (word) => {
    expect(respell(word, 'american')).toBeUndefined();
  });

  it.each([
    'organize',
    'humorous',
    'humorist',
    'laboratory',
    'elaborate',
    'honorary',
    'meter',
    'central',
    'dialogue',
    'check',
  ])('accepts %s in British English', (word) => {
    expect(respell(word, 'british')).toBeUndefined();
  });

  it('is idempotent and reversible', () => {
    for (const word of ['colorful', 'centered', 'traveling', 'defense', 'gray', 'skeptical']) {
      const british = respell(word, 'british') ?? word;
      expect(respell(british, 'british')).toBeUndefined();
      expect(respell(british, 'american')).toBe(word);
    }
  });
});
