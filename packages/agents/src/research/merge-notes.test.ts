import { describe, expect, it } from 'vitest';
import { validateNotes } from './merge-notes.ts';

const aReply = (notes: { id: string; text: string; sources: number[] }[]) => ({ notes, contradictions: [], gaps: [] });

describe('validateNotes', () => {
  it('returns no issues for notes with known sources', () => {
    expect(validateNotes(aReply([{ id: 'n1', text: 'A fact.', sources: [1, 3] }]), new Set([1, 3]))).toEqual([]);
  });

  it.each([
    { title: 'no notes', reply: aReply([]) },
    { title: 'an empty note', reply: aReply([{ id: 'n1', text: ' ', sources: [1] }]) },
    { title: 'a note without source', reply: aReply([{ id: 'n1', text: 'A', sources: [] }]) },
    { title: 'an unknown source', reply: aReply([{ id: 'n1', text: 'A', sources: [1, 2] }]) },
  ])('finds $title', ({ reply }) => {
    expect(validateNotes(reply, new Set([1]))).toHaveLength(1);
  });
});
