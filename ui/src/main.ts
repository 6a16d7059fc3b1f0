import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { carry } from './platform';
await carry();
mount(App, { target: document.body });
