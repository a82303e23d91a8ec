"""The heroicons that may stand for a kind of record."""

ICONS = """
academic-cap archive-box banknotes beaker bell bolt book-open briefcase building-library
building-office building-office-2 building-storefront cake calendar-days camera chart-bar
chat-bubble-left-right check-circle clipboard-document-list clock cloud cog-6-tooth
computer-desktop cpu-chip credit-card cube document-text envelope film fire flag folder gift
globe-alt heart home home-modern identification inbox key lifebuoy light-bulb map map-pin
megaphone musical-note newspaper paper-airplane pencil-square phone photo puzzle-piece
receipt-percent rocket-launch scale shield-check shopping-bag shopping-cart sparkles star tag
ticket trophy truck user user-group wrench-screwdriver
""".split()  # noqa: SIM905  (words read best as text)
