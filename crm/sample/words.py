"""The words that the sample data is made of."""

FIRST_NAMES = (
    "Ada Alan Amara Anders Anna Ayşe Beatriz Björn Camille Carlos Chiara Chloé Daniel David Dmitri Elena "
    "Elif Emil Emma Erik Fatima Felix François Gabriela Giulia Grace Hana Hannah Hiroshi Ingrid Isabel "
    "Iván Jakub Jan Jana João Johan José Julia Kaito Karin Kofi Laila Lars Laura Léa Leila Liam Lin "
    "Lucia Luís Łukasz Magda Małgorzata Marco Maria Marie Marta Mateo Matthias Mei Mia Michał Mohammed "
    "Nadia Naoko Nia Nikolai Noah Nora Olga Oliver Omar Paolo Paul Pedro Petra Priya Rania Ravi Rosa "
    "Samir Sara Sofia Søren Stefan Sven Tariq Tomás Tove Valentina Viktor Wanjiru Yara Yuki Yusuf Zeynep "
    "Zoë Zofia"
).split()
LAST_NAMES = (
    "Abadi Adeyemi Andersen Bauer Becker Bianchi Boateng Brown Castillo Chen Costa Dahl Dubois Duarte "
    "Eriksson Fernández Ferrari Fischer Fontaine Fournier García Grabowski Haddad Hansen Hoffmann Hughes "
    "Ito Ivanova Jansen Jensen Johansson Jones Kamau Kaya Keller Khan Kim Kowalska Kowalski Kumar "
    "Lambert Larsen Lefèvre Lewandowski Lindqvist López Marino Martínez Mazur Meyer Moreau Moretti "
    "Müller Muñoz Mwangi Nakamura Nguyễn Nielsen Novák Nowak O'Brien Okafor Okonkwo Olsen Özdemir Patel "
    "Pereira Petrov Popescu Ramírez Reyes Ricci Rossi Santos Sato Schmidt Schneider Silva Singh Smith "
    "Sørensen Suzuki Svensson Szabó Tanaka Taylor Torres Tóth Van-den-Berg Wagner Walker Weber Wilson "
    "Wiśniewska Wójcik Wright Yamamoto Yılmaz Zhang Zieliński"
).split()
# Names that no Latin letter stands in; their mailboxes are written as their owners would.
OTHER_SCRIPTS = (
    ("美咲", "田中", "misaki.tanaka"),
    ("伟", "王", "wei.wang"),
    ("Ольга", "Соколова", "olga.sokolova"),
    ("Νίκος", "Παπαδόπουλος", "nikos.papadopoulos"),
    ("يوسف", "الحداد", "youssef.alhaddad"),
    ("נועה", "לוי", "noa.levi"),
    ("지우", "김", "jiwoo.kim"),
    ("आरव", "शर्मा", "aarav.sharma"),
)
JOB_TITLES = (
    "Account manager|Chief executive|Chief financial officer|Chief technology officer|"
    "Customer success lead|Data analyst|Engineering manager|Facilities manager|Finance manager|Founder|"
    "Head of IT|Head of marketing|Head of operations|Head of procurement|Head of sales|Logistics planner|"
    "Managing director|Office manager|Operations director|Plant manager|Product manager|Project manager|"
    "Purchasing agent|Quality manager|Regional director|Security officer|Software engineer|"
    "Supply chain manager|Support lead|Warehouse manager"
).split("|")
COMPANY_STARTS = (
    "Alder Amber Anchor Apex Arbor Arctic Ash Atlas Aurora Beacon Birch Blue Bright Cardinal Cedar Clear "
    "Cobalt Copper Coral Crest Delta Drift Dune East Echo Elm Ember Falcon Fern Field Fjord Flint Forge "
    "Glacier Golden Granite Green Grove Harbour Hazel Heron High Ibis Indigo Iron Ivory Juniper Kestrel "
    "Lake Lantern Larch Linden Lumen Maple Marble Meadow Meridian Mill Mistral Moss North Oak Ocean "
    "Olive Orchard Osprey Otter Pearl Pine Polar Quarry Quill Raven Red Ridge River Rowan Saffron Sage "
    "Silver Sky Slate Solar South Spruce Stone Summit Swift Tern Thistle Tide Umber Vale Velvet Violet "
    "West Wild Willow Wren Yarrow Zephyr"
).split()
INDUSTRIES = (
    ("Logistics", "Freight|Logistics|Haulage|Shipping"),
    ("Software", "Labs|Software|Systems|Analytics"),
    ("Manufacturing", "Works|Engineering|Tooling|Components"),
    ("Food and drink", "Foods|Bakery|Brewing|Provisions"),
    ("Construction", "Build|Construction|Timber|Roofing"),
    ("Health care", "Health|Clinics|Medical|Care"),
    ("Energy", "Energy|Power|Wind|Grid"),
    ("Finance", "Capital|Finance|Insurance|Partners"),
    ("Retail", "Outfitters|Stores|Market|Supply"),
    ("Media", "Media|Press|Studio|Pictures"),
)
CITIES = (
    ("Amsterdam", "Netherlands", "+31 20", "EUR"),
    ("Barcelona", "Spain", "+34 93", "EUR"),
    ("Berlin", "Germany", "+49 30", "EUR"),
    ("Bergen", "Norway", "+47 55", "NOK"),
    ("Bristol", "United Kingdom", "+44 117", "GBP"),
    ("Chicago", "United States", "+1 312", "USD"),
    ("Copenhagen", "Denmark", "+45 33", "DKK"),
    ("Dublin", "Ireland", "+353 1", "EUR"),
    ("Gdańsk", "Poland", "+48 58", "PLN"),
    ("Hamburg", "Germany", "+49 40", "EUR"),
    ("Kraków", "Poland", "+48 12", "PLN"),
    ("Lisbon", "Portugal", "+351 21", "EUR"),
    ("Lyon", "France", "+33 4", "EUR"),
    ("Milan", "Italy", "+39 02", "EUR"),
    ("Nairobi", "Kenya", "+254 20", "USD"),
    ("Osaka", "Japan", "+81 6", "JPY"),
    ("Portland", "United States", "+1 503", "USD"),
    ("Stockholm", "Sweden", "+46 8", "SEK"),
    ("Toronto", "Canada", "+1 416", "CAD"),
    ("Zürich", "Switzerland", "+41 44", "CHF"),
)
STREETS = (
    "Bridge Street|Canal Road|Castle Lane|Harbour Street|High Street|Market Square|Mill Road|Station Road"
).split("|")
DEALS = (
    "annual licence|renewal|pilot project|roll-out to all sites|extra seats|framework agreement|"
    "maintenance contract|training package|migration project|warehouse expansion|spring order|"
    "fleet contract|replacement of the old system"
).split("|")
TICKETS = (
    ("Cannot sign in since the update", "PRODUCT_ISSUE"),
    ("Invoice shows the wrong address", "BILLING_ISSUE"),
    ("Export stops after the first thousand rows", "PRODUCT_ISSUE"),
    ("Please add a second delivery address", "GENERAL_INQUIRY"),
    ("Charged twice for the same month", "BILLING_ISSUE"),
    ("Dark mode on the handheld scanners", "FEATURE_REQUEST"),
    ("How do we invite colleagues?", "GENERAL_INQUIRY"),
    ("Labels print with the wrong margins", "PRODUCT_ISSUE"),
    ("Need a copy of the signed contract", "GENERAL_INQUIRY"),
    ("Reports are slow on Monday mornings", "PRODUCT_ISSUE"),
    ("Request: import from our old system", "FEATURE_REQUEST"),
    ("Reminder e-mails land in the spam folder", "PRODUCT_ISSUE"),
    ("Credit note is missing", "BILLING_ISSUE"),
    ("Single sign-on for the whole group", "FEATURE_REQUEST"),
    ("Delivery arrived damaged", "GENERAL_INQUIRY"),
    ("Numbers differ between two reports", "PRODUCT_ISSUE"),
)
OWNERS = (
    ("maja", "Maja", "Zielińska"),
    ("tom", "Tom", "Okafor"),
    ("ines", "Inês", "Duarte"),
    ("erik", "Erik", "Lindqvist"),
)
# What associated records can be to each other, as a definition (see docs/labels.md).
LABELS = {
    "contacts": {
        "labels": {
            "contacts": {
                "manager": {"label": "Manager", "inverse": "Employee"},
                "colleague": {"label": "Colleague"},
            }
        }
    },
    "companies": {"labels": {"companies": {"headquarters": {"label": "Headquarters", "inverse": "Branch"}}}},
    "deals": {
        "labels": {
            "contacts": {
                "decision_maker": {"label": "Decision maker"},
                "budget_holder": {"label": "Budget holder"},
                "user": {"label": "Future user"},
            }
        },
        "limits": {"contacts": {"labels": {"decision_maker": 1}}},
    },
    "tickets": {"labels": {"contacts": {"reporter": {"label": "Reporter", "inverse": "Reported"}}}},
}
# Whom others report to, who decides and who pays: how their job titles begin.
SENIOR = ("Chief", "Founder", "Managing", "Operations director", "Regional director")
DECIDERS = (*SENIOR, "Head")
PAYERS = ("Chief financial", "Finance", "Purchasing", "Head of procurement")
