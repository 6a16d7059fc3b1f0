import { run } from '../src/run';
import { backend } from './backend';

await run(backend(new URLSearchParams(location.search)));
