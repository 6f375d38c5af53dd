'use strict';
// Shows the page anew when something has happened that it is about, and counts down what time is left. Without it, the page works as it is.
(() => {
    const main = document.querySelector('main[data-events]');
    const live = document.getElementById('live');
    let due = 0;

    const countDown = () => {
        for (const left of document.querySelectorAll('[data-left]')) {
            const seconds = Math.max(0, Number(left.dataset.left) - 1);
            left.dataset.left = seconds;
            left.textContent = seconds >= 3600 ? `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`
                : seconds >= 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${seconds} s`;
        }
    };

    const refresh = async () => {
        due = 0;
        try {
            const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store' });
            const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
            if (!fresh) {
                return;
            }

            const focused = document.activeElement?.id;
            main.replaceChildren(...fresh.childNodes);
            document.getElementById(focused)?.focus();
        } catch {
            // The stream of events tells if the server is gone.
        }
    };

    const refreshSoon = () => {
        due ||= setTimeout(refresh, 300);
    };

    setInterval(countDown, 1000);
    const events = main?.dataset.events;
    if (!events) {
        return;
    }

    const source = new EventSource(`/api/v1/events?events=${events}`);
    let wasLost = false;
    source.addEventListener('ready', () => {
        live.textContent = 'This page keeps itself up to date.';
        if (wasLost) {
            refreshSoon();
        }

        wasLost = false;
    });
    source.addEventListener('error', () => {
        live.textContent = 'The server does not answer; trying again.';
        wasLost = true;
    });
    for (const name of events.split(',')) {
        source.addEventListener(name, refreshSoon);
    }
})();
