"""What happens when somebody acts in Slack, or posts to the intake API: each handler calls one use case."""

from slack_bolt import App

from handlers import (
    channels,
    checklists,
    handoffs,
    lead_page,
    merges,
    own_company,
    people,
    pipeline,
    progress,
    reveal,
    snooze,
)
from handlers.plumbing import errors, old_ids


def register(app: App) -> None:
    """Tell Bolt who listens to what."""
    app.error(errors.answer)

    app.command("/handoff")(handoffs.ask_for_lead)
    app.action("baton_hand_over")(handoffs.ask_for_lead_by_button)
    app.shortcut("hand_off_message")(handoffs.ask_for_lead_from_message)
    app.view("hand_over")(handoffs.hand_over)
    app.action("accept")(handoffs.accept)
    app.action("claim")(handoffs.claim)
    app.action("decline")(handoffs.ask_why_declined)
    app.view("decline")(handoffs.decline)
    app.action("disqualify")(handoffs.ask_why_disqualified)
    app.action("disqualify_reason")(handoffs.explain_reason)
    app.view("disqualify")(handoffs.disqualify)
    app.action("snooze")(snooze.ask_snooze_day)
    app.view("snooze")(snooze.snooze_lead)
    app.action("undo")(handoffs.undo)
    app.action("reopen")(handoffs.reopen)
    app.action("reassign")(handoffs.ask_who_takes_it)
    app.view("reassign")(handoffs.reassign)
    _register_work(app)

    _register_lead_page(app)

    app.command("/pipeline")(pipeline.answer)
    app.action("share_pipeline")(pipeline.share)
    app.action("measures")(pipeline.explain)

    app.command("/bant")(checklists.bant)
    app.action("checklist")(checklists.open_checklist)
    app.view("pick_lead")(checklists.pick_lead)
    app.action("verdict")(checklists.save_part)
    app.view("checklist")(checklists.save)

    app.command("/baton")(people.baton)
    app.action("baton_away")(people.ask_away_until)
    app.view("away")(people.away)
    app.action("baton_back")(people.back)
    app.action("home_previous")(people.turn_page)
    app.action("home_next")(people.turn_page)
    app.event("app_home_opened")(people.open_home)
    app.event("user_change")(people.refresh)

    app.event("message")(channels.notice_deleted)
    app.event("member_joined_channel")(channels.join)

    _register_old_ids(app)


def _register_lead_page(app: App) -> None:
    app.command("/lead")(lead_page.lead)
    app.action("show_lead")(lead_page.show)
    app.action("hand_over_lead")(lead_page.ask_to_hand_over)
    app.action("split_lead")(lead_page.split)
    app.action("merge_lead")(merges.ask_which)
    app.view("merge_lead")(merges.look_up)
    app.view("merge_leads")(merges.merge)
    app.action("own_company")(own_company.ask_which)
    app.view("own_company")(own_company.set_company)
    app.action("former_company")(own_company.take_back)
    app.action("erase_lead")(lead_page.ask_to_erase)
    app.view("erase")(lead_page.erase)


def _register_work(app: App) -> None:
    """Tell Bolt who listens to the controls of a lead that somebody works on."""
    app.action("log_contact")(progress.ask_about_contact)
    app.view("log_contact")(progress.log_contact)
    app.action("stage")(progress.set_stage)
    app.view("lose")(progress.lose)
    app.action("task_done")(progress.finish_task)
    app.action("task_not_done")(progress.mark_task_not_done)
    app.action("more")(progress.more)
    app.view("edit_lead")(progress.edit)
    app.action("reveal")(reveal.reveal)


def _register_old_ids(app: App) -> None:
    """Let messages and modals from before these were renamed reach the same listeners."""
    heard = {
        "decline": (handoffs.ask_why_declined, handoffs.decline),
        "snooze": (snooze.ask_snooze_day, snooze.snooze_lead),
    }
    for old, new in old_ids.ACTIONS.items():
        button, modal = heard[new]
        app.action(old)(button)
        app.view(old)(modal)
    pressed = {"reassign": handoffs.ask_who_takes_it}
    for old, new in old_ids.BUTTONS.items():
        app.action(old)(pressed[new])
