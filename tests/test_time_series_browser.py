"""The tab of time series as a person meets it, in headless Chromium, wide and on a phone."""

import pytest
from browsing import PATIENCE, SIZES, click, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", SIZES)
def test_time_series(server: Server, visits, size: str) -> None:
    """Link with an example -> Forecast -> the views on the series -> the recipe's command."""
    with visits(server.url + "/?task=time-series&example=Nile&checkpoint=gru.series", size) as page:
        click(page, "Forecast")
        expect(page.locator("#answer svg").first).to_be_visible(timeout=4 * PATIENCE)  # torch comes first
        expect(page.locator("#answer")).to_contain_text("no season found")
        click(page, "CO2")
        expect(page.get_by_role("cell", name="series_co2.csv").first).to_be_visible()
        click(page, "Forecast")
        expect(page.locator("#answer")).to_contain_text("a season of 12 steps")
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Show the window")
        expect(page.get_by_text("What the network is given").first).to_be_visible()
        fits(page)
        open_tab(page, "Hidden state and gates")
        click(page, "Show what happens in the layer")
        expect(page.get_by_text("numbers that change most").first).to_be_visible()
        fits(page)
        open_tab(page, "After a shock")
        click(page, "Move the value")
        expect(page.get_by_text("was moved by").first).to_be_visible()
        fits(page)
        open_tab(page, "Back through time")
        click(page, "Send the gradient back")
        expect(page.get_by_text("RNN forecaster, before training").first).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.time_series").first).to_be_visible()
        fits(page)
