"""Invented names. A test compares them with the names of real authorities and schools; it must never find one."""

REGION = "Saltmarrow"
OPERATOR = "Saltmarrow Marketplace Operator"

# Name by the code of the authority; DfE has given no code above 990.
AUTHORITIES = {
    "991": "Aldermouth",
    "992": "Brackenwold",
    "993": "Dunmarrow",
    "994": "Estermere",
    "995": "Fallowby",
    "996": "Greystrand",
}

TRUSTS = ("Saltmarrow Learning Trust", "Three Herons Academies", "Driftwood Multi-Academy Trust")
CHARITIES = ("Oystercatcher Foundation", "Marram Grass Charity")
COMPANIES = (
    "Lanternhouse Education",
    "Sandpiper Schools",
    "Harbourlight Care and Education",
    "Fernwick Specialist Schools",
    "Tidewrack Learning",
)

# A setting's name is one of these, used once, and a word for what it is.
STEMS = (
    "Arrowmere", "Brindlecote", "Cindermoor", "Dappleford", "Emberlow", "Fennimoor", "Galdersby", "Hollinmarsh",
    "Inglecairn", "Jackdawe", "Kestrelby", "Larchmarsh", "Mallowick", "Nettlecairn", "Ospreydale", "Pebblewick",
    "Quillmere", "Ravenstrand", "Sedgewater", "Thistlecairn", "Umberdale", "Velvetmoor", "Whimberry", "Yarrowstrand",
    "Amberwrack", "Bramblewater", "Curlewick", "Dunlinby", "Elverstrand", "Foxglovemoor", "Gorsewater", "Heronwick",
    "Ivorystrand", "Juniperby", "Kittiwakeby", "Lapwingmoor", "Merlinstrand", "Nightjarby", "Otterwrack", "Ploverdale",
    "Quaymarrow", "Roebuckmere", "Saltgrassby", "Ternwater", "Underwrack", "Vetchmoor", "Wagtailby", "Yellowhammere",
    "Ashwrack", "Birchmarrow", "Cloverwick", "Dovewrack", "Eiderby", "Flintmarrow", "Gannetstrand", "Hazelwrack",
    "Islewater", "Jasperby", "Knotgrassby", "Linnetmere", "Mossmarrow", "Nuthatchby", "Oakwrack", "Petrelwick",
)  # fmt: skip

DISTRICTS = (
    "Alder Quay", "Old Ropewalk", "Signal Hill Aldermouth", "Netloft", "Fishergate Aldermouth", "Southwrack",
    "Brackenwold Cross", "Upper Sedge", "Lower Sedge", "Heronsgill", "Wether Fell End", "Cairnwick",
    "Dunmarrow Bridge", "Marram Bay", "Little Dunlin", "Great Dunlin", "Saltpan Row", "Vetchley Marsh",
    "Ester Haven", "Mereside Ester", "Plover Ness", "Long Groyne", "Kelpwick", "Shingle End",
    "Fallowby Minster", "Fallowby Wharf", "Tanners Fallow", "Westfallow", "Millrace", "Fallow Park",
    "Greystrand Sands", "Petrel Point", "North Wrack", "Gull Law", "Eiderwick", "Moss Haven",
)  # fmt: skip

GIVEN_NAMES = (
    "Amina", "Bryn", "Carys", "Dev", "Eilidh", "Farid", "Grace", "Hamza", "Imogen", "Joss", "Kezia", "Leif", "Maya",
    "Niall", "Orla", "Priya", "Quentin", "Rosa", "Sunil", "Tamsin", "Uma", "Viktor", "Wanda", "Yusuf", "Zofia",
)  # fmt: skip
FAMILY_NAMES = (
    "Arkwater", "Brightmarsh", "Cobblewick", "Dunnoch", "Elderwrack", "Fairstrand", "Gullane", "Hethersedge",
    "Ironquay", "Jessamarrow", "Kelpman", "Lightwater", "Marrowby", "Nethercairn", "Ottersfield", "Pellitory",
    "Quicksand", "Reedmace", "Samphire", "Thriftwood", "Underhythe", "Vetchley", "Wherryman",
)  # fmt: skip
