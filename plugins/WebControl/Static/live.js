'use strict';
// Shows the page again when something has happened that it is about, and counts down what time is left. Without it, the page works as it is.
(() => {
    const main = document.querySelector('main[data-events]');
    const live = document.getElementById('live');
    // Not location.href, which may have a name and password: fetch takes no such address.
    const here = location.origin + location.pathname + location.search;
    const retryAfter = 5000;
    const settleTime = 800;
    let due = 0;
    let settling = 0;

    // By the clock, since a page that nobody looks at gets few turns.
    const countDown = () => {
        for (const left of document.querySelectorAll('[data-left]')) {
            left.end ??= Date.now() + 1000 * Number(left.dataset.left);
            const seconds = Math.max(0, Math.floor((left.end - Date.now()) / 1000));
            left.textContent = seconds >= 3600 ? `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`
                : seconds >= 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${seconds} s`;
        }
    };

    // Whoever was about to press a button when everything moved would press that of another machine.
    const settle = () => {
        clearTimeout(settling);
        main.dataset.changed = '';
        settling = setTimeout(() => delete main.dataset.changed, settleTime);
    };

    const contentOf = element => element.innerHTML.replace(/ data-left="\d+">[^<]*/g, '');

    // Says whether there is a reason to ask again: not if the browser has to sign in.
    const refresh = async () => {
        due = 0;
        try {
            const answer = await fetch(here, { headers: { Accept: 'text/html' }, cache: 'no-store' });
            const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
            if (fresh && contentOf(fresh) !== contentOf(main)) {
                const focused = document.activeElement?.id;
                main.replaceChildren(...fresh.childNodes);
                document.getElementById(focused)?.focus();
                settle();
            }

            return answer.status !== 401;
        } catch {
            return true; // the stream of events tells if the server is gone
        }
    };

    const refreshSoon = () => {
        due ||= setTimeout(refresh, 300);
    };

    const connect = () => {
        const source = new EventSource(`${location.origin}/api/v1/events?events=${main.dataset.events}`);
        source.addEventListener('ready', () => {
            live.textContent = 'This page keeps itself up to date.';
            refreshSoon(); // for what happened since the page was made
        });
        source.addEventListener('error', () => {
            live.textContent = 'The server does not answer; trying again.';
            if (source.readyState === EventSource.CLOSED) { // by an answer that is none, as that of a proxy; then the browser gives up
                setTimeout(async () => {
                    if (await refresh()) {
                        connect();
                    } else {
                        live.textContent = '';
                    }
                }, retryAfter);
            }
        });
        for (const name of main.dataset.events.split(',')) {
            source.addEventListener(name, refreshSoon);
        }
    };

    setInterval(countDown, 1000);
    main?.addEventListener('submit', event => {
        if ('changed' in main.dataset) {
            event.preventDefault();
            live.textContent = 'The page has just changed: look again, then press again.';
        }
    });
    if (main?.dataset.events) {
        connect();
    }
})();
