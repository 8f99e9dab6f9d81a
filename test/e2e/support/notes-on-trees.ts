/** A source to write small articles from. */
export const NOTES = [
  'Street trees lower the temperature of a street by up to 4 degrees on a hot day.',
  'The city of Lyon planted 3,000 trees between 2019 and 2022.',
  'A plane tree needs about 12 cubic metres of soil to grow old.',
  'Roots that find too little soil lift the pavement within ten years.',
  'Gardeners in Freiburg water young trees for the first five summers.',
  'Insurers in Hamburg counted 140 damaged cars after the storm of October 2017.',
].join(' ');
