import { ProviderUnavailableError } from '../errors.ts';
import { createFakeProvider, type Turn } from './fake-provider.ts';
import { describeProvider, type Behaviour } from './provider-conformance.ts';

const turnOf = (behaviour: Behaviour): Turn => {
  switch (behaviour.does) {
    case 'reply':
      return { text: behaviour.text, end: behaviour.finish };
    case 'refuse':
      return { end: 'refusal' };
    case 'cut':
      return { text: behaviour.text, end: 'cut' };
    case 'hang':
      return { text: behaviour.text, end: 'hang' };
    case 'fail':
      return { end: new ProviderUnavailableError('down') };
  }
};

describeProvider('the fake', () => {
  const provider = createFakeProvider('fake');
  return {
    provider,
    next: (behaviour) => {
      provider.plan(turnOf(behaviour));
    },
    requestCount: () => provider.requests.length,
  };
});
