import { describe, expect, it } from 'vitest';
import { guessLanguage } from './guess-language.ts';

describe('guessLanguage', () => {
  it.each([
    [
      'en',
      'The survey of the city was made with the help of residents, and it is the first of its kind from the region.',
    ],
    ['de', 'Die Untersuchung der Stadt wurde mit der Hilfe von Anwohnern gemacht und ist die erste auf dem Gebiet.'],
    ['fr', 'Les arbres des rues et des places sont dans une liste qui est tenue pour la ville.'],
    ['es', 'Los árboles de las calles del centro fueron plantados por una vecina y con ayuda de la ciudad.'],
    ['cyrillic', 'Деревья охлаждают улицы города летом.'],
    ['zh', '树木在夏天为街道降温。'],
    ['ja', '木は夏に通りを涼しくします。'],
  ])('recognises %s', (language, text) => {
    expect(guessLanguage(text)).toBe(language);
  });

  it('returns undefined for a text that is too short', () => {
    expect(guessLanguage('Trees cool streets')).toBeUndefined();
  });
});
