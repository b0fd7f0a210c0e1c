"""Hand-written tables for pack.py: what things are called, what is the same thing, what is kind of what."""

# WordNet synset (its first word, or "first|second" where the first is ambiguous) -> the plain word people use.
# Hypernyms that are not listed are dropped.
PLAIN = {word: word for word in """
animal mammal dog bird reptile insect terrier hound snake fish lizard monkey primate spider butterfly beetle turtle
salamander crab lobster crustacean rodent cat wolf fox bear ape retriever spaniel poodle setter pinscher schnauzer
whale marsupial rabbit elephant parrot owl eagle hawk duck goose swan penguin heron stork finch seabird shark ray seal
dolphin squirrel antelope deer sheep goat camel horse kangaroo dinosaur coral worm mollusk fungus plant flower fruit
vegetable dessert bread sandwich coffee soup sauce squash berry apple potato pepper cabbage vehicle car truck bus train
van boat ship sailboat aircraft airplane bicycle motorcycle wagon cart sled building house tower bridge roof fence
theater furniture chair seat table bed lamp cabinet sofa guitar piano clothing hat helmet shoe footwear coat skirt
dress robe sweater jacket shirt swimsuit scarf glove armor tool cookware knife weapon gun ball container bottle box bag
basket jar jug bowl pan machine computer telephone camera clock watch lens mirror curtain rug towel mountain person
athlete sign pen jewelry makeup greyhound locomotive lock oven puzzle dinosaur frog mask mug pistol rifle brush
hamburger cuckoo pheasant quail grouse wine tissue tights spoon printer trailer shrine bench bicycle wagon oar
microscope telescope satellite wildcat lemur crocodile alligator gecko chameleon boa python cobra rattlesnake viper
salmon plover sandpiper toucan hummingbird egret cockatoo pelican albatross sloth stocking boot vest
umbrella cushion door window plate pump fan apple citrus corgi bulldog mastiff foxhound wolfhound pointer
toy necktie stew pudding cracker
""".split()} | {
    "aquatic bird": "water bird", "wading bird": "wading bird", "bird of prey": "bird of prey", "shepherd dog": "sheepdog",
    "sled dog": "sled dog", "hunting dog": "hunting dog", "toy dog": "toy dog", "wild dog": "wild dog", "watchdog": "guard dog",
    "working dog": "working dog", "big cat": "big cat", "domestic cat": "house cat", "great ape": "great ape", "sea turtle": "sea turtle",
    "swine": "pig", "cattle": "cattle", "arachnid": "arachnid", "amphibian": "amphibian", "shorebird": "shorebird", "echinoderm": "sea animal",
    "coelenterate": "sea animal", "cetacean": "sea animal", "crustacean": "crustacean", "aquatic mammal": "sea animal", "fungus": "fungus",
    "food|solid food": "food", "food|nutrient": "food", "edible fruit": "fruit", "citrus": "citrus fruit", "beverage": "drink",
    "alcohol": "alcoholic drink", "baked goods": "baked goods", "snack food": "snack", "dish": "dish", "frozen dessert": "frozen dessert",
    "motor vehicle": "motor vehicle", "craft": None, "vessel|watercraft": "boat", "public transport": "public transport",
    "military vehicle": "military vehicle", "warship": "warship", "shop": "shop", "mercantile establishment": "shop",
    "place of worship": "place of worship", "dwelling": "home", "musical instrument": "musical instrument", "stringed instrument": "stringed instrument",
    "wind instrument": "wind instrument", "percussion instrument": "percussion instrument", "keyboard instrument": "keyboard instrument",
    "brass|brass instrument": "brass instrument", "woodwind": "woodwind instrument", "headdress": "headgear", "cap": "cap",
    "undergarment": "underwear", "kitchen utensil": "kitchen utensil", "hand tool": "tool", "plaything": "toy", "sports equipment": "sports equipment",
    "glass|drinking glass": "glass", "crockery": "dishes", "tableware": "tableware", "home appliance": "household appliance",
    "kitchen appliance": "kitchen appliance", "electronic equipment": "electronics", "measuring instrument": "measuring instrument",
    "optical instrument": "optical instrument", "fabric": "fabric", "geological formation": "landscape", "writing implement": "writing tool",
    "garden tool": "garden tool", "farm machine": "farm machine", "personal computer": "computer", "necktie": "necktie",
    "swimsuit": "swimsuit", "baby bed": "baby bed", "portable computer": "portable computer", "bicycle": "bicycle", "body armor": "armor",
    "armor|armour": "armor", "spectacles": "glasses", "timepiece": "timepiece", "toiletry": "toiletry", "gymnastic apparatus": "gym equipment",
    "medical instrument": "medical instrument", "shark": "shark", "power tool": "power tool", "photographic equipment": None,
    "roof": "roof", "firearm": "gun", "ungulate": None, "memorial": "monument", "crocodilian reptile": None, "sea cow": "sea animal",
    "salamander": "salamander", "medicine": "medicine", "sauce": "sauce", "coffee": "coffee", "light|light source": "light",
    "source of illumination": "light", "handcart": "cart", "drum|membranophone": "drum", "outbuilding": None, "shed": "shed",
    "helmet": "helmet", "game equipment": "sports equipment", "cooking utensil": "cookware", "aircraft": "aircraft", "heavier-than-air craft": None,
    "squash": "squash", "car|railcar": "railway carriage", "root vegetable": "root vegetable", "cruciferous vegetable": None, "winter squash": "squash", "summer squash": "squash",
    "loaf of bread": "bread", "bun": "bun", "frog": "frog", "true frog": "frog", "shirt": "shirt", "trouser": "pants",
    "print media": None, "magazine": "magazine", "cheese": "cheese", "nut": "nut", "edible nut": "nut", "tree": "tree", "herb|herbaceous plant": None,
    "melon": "melon", "herb": None, "candy": "candy", "confectionery": "candy", "cake": "cake", "pasta": "pasta", "meat": "meat", "sausage": "sausage",
    "seafood": "seafood", "shellfish": "shellfish", "pastry": "pastry", "cookie": "cookie", "poultry": "poultry", "salad": "salad",
    "gem": "gemstone", "medal": "medal", "footgear": "footwear", "vessel": None, "restaurant": "restaurant",
}
# Words of which only one sense is meant: WordNet's lexicographer file of that sense (05 animals, 06 artifacts, 13 food).
SENSE = {"dish": "13", "pepper": "13", "apple": "13", "cabbage": "13", "squash": "13", "potato": "13", "amphibian": "05", "ray": "05", "turtle": "05", "duck": "05",
         "seal": "05", "worm": "05", "goat": "05", "pen": "06", "light": "06", "boot": "06", "plate": "00", "cap": "06", "cracker": "13", "citrus": "13"}  # fmt: skip

# Words that stand last in a list of parents, from near to far.
FAR = ["house cat", "dog", "cat", "bird", "fish", "insect", "reptile", "amphibian", "primate", "mammal", "sea animal", "bug", "animal",
       "flower", "tree", "fungus", "plant", "dessert", "fruit", "vegetable", "dish", "drink", "food", "public transport", "motor vehicle", "vehicle", "building", "landscape",
       "footwear", "clothing", "furniture", "musical instrument", "kitchen utensil", "tool", "container", "electronics", "machine", "household item", "person", "sign", "symbol"]  # fmt: skip

# What one parent adds, and what it rules out (WordNet calls wheeled vehicles containers; ffml's sweets are no dishes).
IMPLIED = {"insect": "bug", "arachnid": "bug", "footwear": "clothing", "public transport": "vehicle", "motor vehicle": "vehicle", "sandwich": "food"}
_SNACKS = {"dessert", "candy", "sweets", "snack", "chocolate", "cookie", "pastry", "sauce", "fruit", "cheese", "bread", "baked goods", "doughnut"}
NOT_WITH = {"container": {"vehicle", "clothing"}, "dish": _SNACKS, "food": {"drink"}, "boa": {"python"}, "medicine": {"toiletry"}}

# Parents of drawings by emoji subgroup.
SUBGROUP = {
    "face-smiling": ["smiley", "face"], "face-affection": ["smiley", "face"], "face-tongue": ["smiley", "face"], "face-hand": ["smiley", "face"],
    "face-neutral-skeptical": ["smiley", "face"], "face-sleepy": ["smiley", "face"], "face-unwell": ["smiley", "face"], "face-hat": ["smiley", "face"],
    "face-glasses": ["smiley", "face"], "face-concerned": ["smiley", "face"], "face-negative": ["smiley", "face"], "face-costume": ["face"],
    "cat-face": ["cat", "smiley", "face"], "monkey-face": ["monkey", "animal"], "heart": ["heart", "symbol"], "emotion": ["symbol"],
    "hand-fingers-open": ["hand", "gesture"], "hand-fingers-partial": ["hand", "gesture"], "hand-single-finger": ["hand", "gesture"],
    "hand-fingers-closed": ["hand", "gesture"], "hands": ["hands", "gesture"], "hand-prop": ["hand"], "body-parts": ["body part"],
    "person": ["person"], "person-gesture": ["person"], "person-role": ["person"], "person-fantasy": ["fantasy figure"], "person-activity": ["person"],
    "person-sport": ["sport", "person"], "person-resting": ["person"], "family": ["people"], "person-symbol": ["person"],
    "animal-mammal": ["mammal", "animal"], "animal-bird": ["bird", "animal"], "animal-amphibian": ["amphibian", "animal"],
    "animal-reptile": ["reptile", "animal"], "animal-marine": ["sea animal", "animal"], "animal-bug": ["bug", "animal"],
    "plant-flower": ["flower", "plant"], "plant-other": ["plant"], "food-fruit": ["fruit", "food"], "food-vegetable": ["vegetable", "food"],
    "food-prepared": ["food"], "food-asian": ["dish", "food"], "food-sweet": ["dessert", "food"], "drink": ["drink"], "dishware": ["tableware"],
    "place-map": ["map"], "place-geographic": ["landscape"], "place-building": ["building"], "place-religious": ["place of worship", "building"],
    "place-other": [], "transport-ground": ["vehicle"], "transport-water": ["boat", "vehicle"], "transport-air": ["aircraft", "vehicle"],
    "time": ["clock"], "sky-weather": ["weather"], "event": ["celebration"], "award-medal": ["medal", "award"], "sport": ["sport"], "game": ["game"],
    "clothing": ["clothing"], "musical-instrument": ["musical instrument"], "music": ["music"], "phone": ["telephone", "electronics"],
    "computer": ["electronics"], "book-paper": ["paper"], "money": ["money"], "mail": ["mail"], "writing": ["writing tool"],
    "office": ["office supplies"], "lock": ["lock"], "tool": ["tool"], "science": ["science"], "medical": ["medicine"], "household": ["household item"],
    "transport-sign": ["sign", "symbol"], "warning": ["warning sign", "sign"], "arrow": ["symbol"], "religion": ["religious symbol", "symbol"],
    "zodiac": ["zodiac sign", "symbol"], "av-symbol": ["button", "symbol"], "math": ["mathematical symbol", "symbol"], "punctuation": ["punctuation mark", "symbol"],
    "currency": ["symbol"], "other-symbol": ["symbol"], "geometric": ["shape", "symbol"],
}
# Drawings whose subgroup would say something wrong.
EMOJI_PARENTS = {
    "spider web": [], "paw prints": [], "feather": [], "wing": [], "pig nose": ["pig", "animal"], "empty nest": ["nest"], "nest with eggs": ["nest"],
    "bus stop": ["sign"], "motorway": ["road"], "railway track": [], "oil drum": ["container"], "fuel pump": ["machine"], "wheel": [],
    "police car light": ["light"], "horizontal traffic light": ["traffic light"], "vertical traffic light": ["light"], "stop sign": ["traffic sign", "sign"],
    "construction": ["sign"], "anchor": [], "ring buoy": [], "parachute": [], "seat": ["chair", "furniture"], "satellite": ["spacecraft"],
    "rocket": ["spacecraft", "vehicle"], "flying saucer": ["spacecraft"], "compass": ["measuring instrument"], "hourglass": ["timer"],
    "rock": ["stone"], "wood": ["log"], "brick": ["building material"], "wedding": ["celebration"], "camping": ["tent"], "ice": [], "mushroom": ["fungus"],
    "black cat": ["cat", "mammal", "animal"], "microbe": [], "dragon": ["fantasy animal", "animal"], "unicorn": ["fantasy animal", "animal"],
    "phoenix": ["fantasy bird", "bird", "animal"], "robot": ["machine"], "ghost": ["fantasy figure"], "alien": ["fantasy figure"], "alien monster": ["fantasy figure"],
    "pile of poo": [], "heart with arrow": ["heart", "symbol"], "love letter": ["letter", "mail"], "brain": ["organ of the body", "body part"],
    "purse": ["bag"], "handbag": ["bag"], "clutch bag": ["bag"], "shopping bags": ["bag"], "backpack": ["bag"], "hair pick": ["comb"], "prayer beads": [],
    "lipstick": ["makeup"], "ring": ["jewelry"], "diamond": ["gemstone", "jewelry"], "folding hand fan": [], "glasses": [], "goggles": ["glasses"],
    "sunglasses": ["glasses"], "crown": ["headgear", "jewelry"], "top hat": ["hat", "headgear", "clothing"], "salt": ["seasoning", "food"],
    "baby bottle": ["bottle"], "teapot": ["pot", "tableware"], "thermometer": ["measuring instrument"], "umbrella": [], "closed umbrella": ["umbrella"],
    "umbrella with rain drops": ["umbrella", "weather"], "fire": [], "snowman": [], "snowman without snow": ["snowman"], "droplet": ["water"], "water wave": ["water"],
    "ringed planet": ["planet", "space"], "star": ["space"], "shooting star": ["star", "space"], "comet": ["space"], "milky way": ["space"],
    "teddy bear": ["stuffed toy", "toy"], "kite": ["toy"], "yo-yo": ["toy"], "water pistol": ["toy gun", "toy"], "goal net": ["sports equipment"],
    "soccer ball": ["ball", "sports equipment"], "baseball": ["ball", "sports equipment"], "softball": ["ball", "sports equipment"],
    "basketball": ["ball", "sports equipment"], "volleyball": ["ball", "sports equipment"], "american football": ["ball", "sports equipment"],
    "rugby football": ["ball", "sports equipment"], "running shirt": ["shirt", "clothing"], "wheelchair symbol": ["symbol"],
    "bomb": ["weapon"], "dagger": ["knife", "weapon"], "crossed swords": ["sword", "weapon"], "shield": ["armor"], "bow and arrow": ["weapon"], "boomerang": ["weapon"],
    "chains": [], "link": [], "broken chain": [], "magnet": [], "syringe": ["medical instrument"], "drop of blood": ["blood"], "x-ray": ["medicine"],
    "mouse trap": ["trap", "household item"], "jar": ["container"], "amphora": ["jar", "container"], "kitchen knife": ["knife", "kitchen utensil"],
    "honey pot": ["food", "container"], "fountain": [], "tent": ["shelter"], "dumpling": ["food"], "egg": ["food"], "mobile phone": ["telephone", "electronics"],
    "beaver": ["rodent", "mammal", "animal"], "truck": ["vehicle"], "spiral shell": ["shell"], "satellite antenna": ["antenna"], "fog": ["weather"],
    "bat": ["mammal", "animal"], "seal": ["sea animal", "mammal", "animal"], "nail polish": ["makeup", "hand"], "ox": ["cattle", "mammal", "animal"],
    "cow": ["cattle", "mammal", "animal"], "fox": ["mammal", "animal"], "bear": ["mammal", "animal"], "kiwi fruit": ["fruit", "food"], "olive": ["fruit", "food"],
    "crane": [], "cricket": ["insect", "bug", "animal"], "bug": ["insect", "animal"], "beetle": ["insect", "bug", "animal"], "fly": ["insect", "bug", "animal"],
    "spider": ["arachnid", "bug", "animal"], "scorpion": ["arachnid", "bug", "animal"],
    "hedgehog": ["mammal", "animal"], "lollipop": ["candy", "sweets", "dessert", "food"], "ram": ["sheep", "mammal", "animal"], "ewe": ["sheep", "mammal", "animal"], "cheese": ["dairy product", "food"],
    "castle": ["building"], "skull": ["bones", "head"], "skull and crossbones": ["symbol"], "department store": ["shop", "building"], "convenience store": ["shop", "building"], "pretzel": ["bread", "snack", "baked goods", "food"], "camera": ["electronics"], "abacus": ["calculator"], "octopus": ["mollusk", "sea animal", "animal"], "dolphin": ["sea animal", "mammal", "animal"], "lettuce": ["vegetable", "food"], "house": ["home", "building"], "wind chime": ["bell"], "ticket": ["paper"], "playing card": ["game"],
}  # fmt: skip
# Drawings that WordNet may be asked about by name: only senses below one of these synset words count.
WORDNET_SUBGROUPS = {
    "animal-mammal": "animal", "animal-bird": "animal", "animal-amphibian": "animal", "animal-reptile": "animal", "animal-marine": "animal", "animal-bug": "animal",
    "food-fruit": "food", "food-vegetable": "food", "food-prepared": "food", "food-sweet": "food", "transport-ground": "vehicle", "transport-water": "vehicle",
    "transport-air": "vehicle", "musical-instrument": "musical instrument", "clothing": "clothing", "place-building": "building", "tool": "artifact",
    "household": "artifact", "computer": "artifact", "office": "artifact",
}

# The drawing's name in the emoji recipe -> names in best order, where a photograph shows the same thing.
EMOJI_NAMES = {
    "lady beetle": ["ladybug", "ladybird", "lady beetle"], "tangerine": ["orange", "tangerine"], "panda": ["panda", "giant panda"],
    "aubergine": ["eggplant"], "kiwi fruit": ["kiwi fruit", "kiwi"], "ginger root": ["ginger", "ginger root"], "moon cake": ["moon cake", "mooncake"],
    "dollar banknote": ["dollar bill", "dollar banknote"], "steam train": ["steam locomotive", "steam train"], "high-speed train": ["bullet train", "high-speed train"],
    "tram": ["tram", "streetcar"], "railway car": ["railway carriage", "railway car", "passenger car"], "articulated lorry": ["trailer truck", "semi truck", "articulated lorry"],
    "racing car": ["racing car", "race car", "racer"], "passenger ship": ["ocean liner", "passenger ship", "cruise ship"], "fuel pump": ["gas pump", "fuel pump", "petrol pump"],
    "wastebasket": ["trash can", "garbage can", "wastebasket"], "graduation cap": ["graduation cap", "mortarboard"], "jack-o-lantern": ["jack-o'-lantern", "jack-o-lantern"],
    "vertical traffic light": ["traffic light", "vertical traffic light"], "compass": ["compass", "magnetic compass"], "locked": ["padlock", "lock", "locked"],
    "mobile phone": ["mobile phone", "cell phone", "cellphone", "smartphone"], "chains": ["chain", "chains"], "roll of paper": ["toilet paper", "toilet roll", "roll of paper"],
    "manual wheelchair": ["wheelchair", "manual wheelchair"], "keyboard": ["computer keyboard", "keyboard"], "headphone": ["headphones", "headphone"],
    "socks": ["sock", "socks"], "rhinoceros": ["rhinoceros", "rhino"], "chicken": ["chicken", "hen"], "wind chime": ["wind chime", "chime"],
    "adhesive bandage": ["band-aid", "adhesive bandage", "plaster"], "mouse trap": ["mousetrap", "mouse trap"], "rugby football": ["rugby ball", "rugby football"],
    "camel": ["camel", "Arabian camel", "dromedary"], "boar": ["wild boar", "boar"], "drum": ["drum"], "maracas": ["maracas", "maraca"], "trumpet": ["trumpet", "cornet"],
    "snake": ["snake"], "grapes": ["grapes", "grape"], "carousel horse": ["carousel horse"], "fishing pole": ["fishing rod", "fishing pole"],
    "speedboat": ["speedboat", "motorboat"], "racing": ["racing"], "steaming bowl": ["bowl of noodles", "steaming bowl", "ramen"], "green salad": ["green salad", "salad"],
    "doughnut": ["doughnut", "donut"], "egg": ["egg"], "car": ["car", "automobile"], "airplane": ["airplane", "plane", "aeroplane"], "pig": ["pig", "hog"],
    "one-piece swimsuit": ["one-piece swimsuit", "maillot"], "lotion bottle": ["lotion", "lotion bottle"], "soft ice cream": ["soft ice cream", "ice cream cone"],
    "carpentry saw": ["saw", "carpentry saw"], "american football": ["american football", "football"], "mobile phone with arrow": ["mobile phone with arrow"],
    "water closet": ["water closet sign", "water closet"], "loudspeaker": ["public address loudspeaker", "loudspeaker"],
    "cricket game": ["cricket bat and ball", "cricket game"], "brown mushroom": ["brown mushroom", "brown cap mushroom"], "prayer beads": ["prayer beads", "rosary"],
    "sport utility vehicle": ["sport utility vehicle", "SUV", "jeep"], "tyrannosaurus": ["tyrannosaurus", "T. rex"], "stuffed flatbread": ["stuffed flatbread", "kebab", "gyro"],
    "french fries": ["french fries", "fries", "chips"], "movie camera": ["movie camera"], "kitchen knife": ["kitchen knife"], "hot pepper": ["hot pepper", "chili pepper"],
    "blowfish": ["pufferfish", "blowfish"], "optical disk": ["CD", "optical disk", "DVD"], "cup of coffee": ["cup of coffee", "coffee"], "balloon": ["balloon", "toy balloon"],
}  # fmt: skip

# ImageNet classes (Tiny ImageNet's 200 and the 1,000 of the samples) whose WordNet words need help. The first name decides what they merge with.
WNID_NAMES = {
    "n02123045": ["tabby cat", "tabby"], "n02124075": ["Egyptian cat"], "n02125311": ["cougar", "puma", "mountain lion"], "n02165456": ["ladybug", "ladybird", "lady beetle"],
    "n02231487": ["stick insect", "walking stick"], "n02279972": ["monarch butterfly", "monarch"], "n02395406": ["pig", "hog"], "n02437312": ["camel", "Arabian camel", "dromedary"],
    "n02509815": ["red panda", "lesser panda"], "n02510455": ["panda", "giant panda"], "n02134084": ["polar bear", "ice bear"], "n02410509": ["bison", "buffalo"],
    "n01514668": ["rooster", "cock"], "n01514859": ["chicken", "hen"], "n02114367": ["timber wolf", "grey wolf"], "n01774384": ["black widow", "black widow spider"],
    "n02415577": ["bighorn sheep", "bighorn"], "n02412080": ["ram"], "n02268443": ["dragonfly"], "n02236044": ["praying mantis", "mantis"],
    "n02395694": ["wild boar", "boar"], "n02396427": ["wild boar", "boar"], "n01950731": ["sea slug", "nudibranch"], "n02389026": ["sorrel horse", "sorrel"],
    "n02727426": ["apiary", "bee house"], "n02730930": ["apron"], "n02769748": ["backpack", "rucksack", "knapsack"], "n02788148": ["banister", "handrail", "railing"],
    "n02795169": ["barrel", "cask"], "n02808440": ["bathtub", "tub"], "n02814533": ["station wagon", "estate car", "beach wagon"], "n02814860": ["lighthouse", "beacon"],
    "n02837789": ["bikini", "two-piece swimsuit"], "n02841315": ["binoculars", "field glasses"], "n02892201": ["memorial plaque", "plaque", "brass plaque"],
    "n02906734": ["broom"], "n02909870": ["bucket", "pail"], "n02917067": ["bullet train", "high-speed train"], "n02927161": ["butcher shop", "meat market"],
    "n02948072": ["candle"], "n02977058": ["cash machine", "ATM", "cash dispenser"], "n02999410": ["chain"], "n03014705": ["chest", "trunk"],
    "n03085013": ["computer keyboard", "keyboard", "keypad"], "n03089624": ["candy store", "confectionery", "sweet shop"], "n03126707": ["construction crane", "crane"],
    "n02012849": ["crane bird", "crane"], "n01608432": ["kite bird", "bird of prey kite"], "n03160309": ["dam"], "n03201208": ["dining table"], "n03250847": ["drumstick", "drum stick"],
    "n03355925": ["flagpole", "flag"], "n03393912": ["freight car", "goods wagon"], "n03400231": ["frying pan", "skillet"], "n03424325": ["gas mask", "respirator"],
    "n03447447": ["gondola"], "n03599486": ["rickshaw", "jinrikisha"], "n03649909": ["lawn mower", "mower"], "n03706229": ["compass", "magnetic compass"],
    "n03770439": ["miniskirt"], "n03796401": ["moving van", "removal van"], "n03804744": ["nail", "metal nail"], "n03838899": ["oboe"], "n03854065": ["pipe organ", "organ"],
    "n03902125": ["pay phone", "telephone booth"], "n03930313": ["picket fence"], "n03970156": ["plunger"], "n03976657": ["pole"],
    "n03977966": ["police van", "police wagon"], "n03983396": ["soda bottle", "pop bottle"], "n04008634": ["missile", "projectile"], "n04023962": ["punching bag", "punch bag"],
    "n04067472": ["fishing reel", "reel"], "n04070727": ["refrigerator", "fridge"], "n04074963": ["remote control", "remote"], "n04099969": ["rocking chair"],
    "n04254777": ["sock", "socks"], "n04265275": ["space heater", "heater"], "n04275548": ["spider web", "cobweb"], "n04285008": ["sports car"], "n04356056": ["sunglasses", "shades"],
    "n04355933": ["sunglasses"], "n04371430": ["swimming trunks", "bathing trunks"], "n04399382": ["teddy bear", "teddy"], "n04417672": ["thatched roof", "thatch"],
    "n04532106": ["vestment", "priest's robe"], "n07579787": ["plate of food", "plate"], "n07614500": ["ice cream"], "n07615774": ["popsicle", "ice lolly", "ice pop"],
    "n07711569": ["mashed potato", "mashed potatoes"], "n07871810": ["meat loaf", "meatloaf"], "n07875152": ["potpie", "pot pie"], "n09193705": ["alp", "high mountain", "snowy mountain"],
    "n09246464": ["cliff"], "n09332890": ["lakeside", "lake shore", "lake"], "n09428293": ["seashore", "beach", "coast"], "n07747607": ["orange"],
    "n03793489": ["computer mouse", "mouse"], "n03832673": ["notebook computer", "notebook"], "n03929660": ["guitar pick", "plectrum", "pick"], "n03691459": ["stereo speaker", "speaker", "loudspeaker"],
    "n02113186": ["Cardigan Welsh corgi", "corgi"], "n02113023": ["Pembroke Welsh corgi", "corgi"], "n02108089": ["boxer dog", "boxer"], "n02782093": ["hot air balloon", "balloon"],
    "n03110669": ["trumpet", "cornet"], "n04141076": ["saxophone", "sax"], "n03720891": ["maracas", "maraca"], "n03017168": ["wind chime", "chime"], "n03992509": ["potter's wheel"],
    "n02930766": ["taxi", "cab"], "n03930630": ["pickup truck", "pickup"], "n04037443": ["racing car", "race car", "racer"], "n04335435": ["tram", "streetcar"],
    "n03895866": ["railway carriage", "passenger car"], "n04467665": ["trailer truck", "semi truck"], "n04310018": ["steam locomotive", "steam train"], "n03673027": ["ocean liner", "cruise ship"],
    "n03425413": ["gas pump", "petrol pump"], "n02747177": ["trash can", "garbage can", "ashcan"], "n03787032": ["graduation cap", "mortarboard"], "n03590841": ["jack-o'-lantern"],
    "n06874185": ["traffic light", "stoplight"], "n03874599": ["padlock"], "n02992529": ["mobile phone", "cell phone", "cellular telephone"], "n15075141": ["toilet paper", "toilet tissue"],
    "n02786058": ["band-aid", "adhesive bandage"], "n03794056": ["mousetrap"], "n03690938": ["lotion"], "n03594734": ["jeans", "jean"], "n03594945": ["jeep", "off-road vehicle"],
    "n04243546": ["slot machine"], "n07697537": ["hot dog", "hotdog"], "n12144580": ["corn", "maize"], "n13133613": ["corn", "ear of corn"], "n12620546": ["rose hip", "hip"],
    "n12768682": ["horse chestnut", "buckeye"], "n03710637": ["one-piece swimsuit", "maillot"], "n03710721": ["one-piece swimsuit", "maillot"], "n03782006": ["computer monitor", "monitor"],
    "n04152593": ["display screen", "screen"], "n04371774": ["swing"], "n03345487": ["fire engine", "fire truck"], "n03345535": ["fire engine"], "n02879718": ["archery bow", "bow"],
    "n03627232": ["knot"], "n04120489": ["running shoe", "sneaker"], "n03532672": ["hook"], "n03026506": ["Christmas stocking"], "n02687172": ["aircraft carrier"],
    "n04235860": ["sleeping bag"], "n02276258": ["red admiral butterfly", "admiral"], "n02277742": ["ringlet butterfly", "ringlet"], "n02281787": ["lycaenid butterfly", "blue butterfly"],
    "n01443537": ["goldfish"], "n01883070": ["wombat"], "n02119022": ["red fox"], "n03837869": ["obelisk"], "n04376876": ["syringe"], "n03447721": ["gong"],
    "n02704792": ["amphibious vehicle", "amphibian"], "n03733131": ["maypole"], "n04592741": ["airplane wing", "wing"], "n03680355": ["loafer", "loafer shoe"], "n03047690": ["clog", "wooden shoe"],
    "n03814639": ["neck brace"], "n03825788": ["baby bottle nipple", "nipple"], "n04606251": ["shipwreck", "wreck"], "n02134418": ["sloth bear"], "n03197337": ["digital watch"],
    "n03388549": ["four-poster bed", "four-poster"], "n03188531": ["diaper", "nappy"], "n04154565": ["screwdriver"], "n03793489b": [], "n07930864": ["cup"], "n02500267": ["indri"],
    "n03803284": ["muzzle", "dog muzzle"], "n02950826": ["cannon"], "n03792972": ["mountain tent"], "n04133789": ["sandal"], "n03394916": ["French horn", "horn"], "n02978881": ["cassette", "tape"],
    "n03916031": ["perfume", "perfume bottle"], "n03876231": ["paintbrush"], "n04389033": ["tank", "army tank"], "n04515003": ["upright piano", "upright"], "n04204347": ["shopping cart", "shopping trolley"],
    "n03445777": ["golf ball"], "n02085936": ["Maltese dog", "Maltese"], "n02086079": ["Pekinese", "Pekingese"], "n04507155": ["umbrella"], "n04086273": ["revolver"], "n03717622": ["manhole cover"],
    "n01537544": ["indigo bunting"], "n04456115": ["torch"], "n02129604": ["tiger"], "n04118776": ["ruler", "rule"], "n03857828": ["oscilloscope"], "n02917067b": [],
    "n07753592": ["banana"], "n04523525": ["bank vault", "vault"], "n04553703": ["sink", "washbasin"], "n04554684": ["washing machine", "washer"], "n04330267": ["stove"], "n04517823": ["vacuum cleaner", "vacuum"],
    "n03271574": ["electric fan", "fan"], "n03337140": ["filing cabinet", "file"], "n02974003": ["car wheel"], "n04522168": ["vase"], "n04418357": ["theater curtain"], "n04380533": ["table lamp"],
    "n03483316": ["hair dryer", "blow dryer", "hand blower"], "n03485407": ["hand-held computer", "palmtop"], "n03492542": ["hard disk", "hard drive"], "n03759954": ["microphone"], "n03761084": ["microwave oven", "microwave"],
    "n04111531": ["rotisserie"], "n04116512": ["rubber eraser", "eraser"], "n04131690": ["salt shaker"], "n03876b": [], "n02843684": ["birdhouse"], "n06596364": ["comic book"], "n07248320": ["book jacket", "book cover"],
    "n02939185": ["cauldron"], "n03775071": ["mitten", "mittens"], "n04026417": ["purse", "handbag"], "n03724870": ["mask"], "n09229709": ["soap bubble", "bubble"], "n10148035": ["bridegroom", "groom"],
    "n02326432": ["hare"], "n02328150": ["Angora rabbit", "Angora"], "n02325366": ["cottontail rabbit", "wood rabbit"], "n01740131": ["night snake"], "n02356798": ["fox squirrel", "squirrel"],
    "n07742313": ["Granny Smith apple", "green apple"], "n07720875": ["bell pepper", "sweet pepper"], "n07714571": ["cabbage", "head cabbage"], "n07716358": ["zucchini", "courgette"],
    "n03134739": ["croquet ball"], "n04252225": ["snowplow"], "n04447861": ["toilet seat"], "n04591157": ["Windsor tie"], "n03676483": ["lipstick"], "n03976467": ["Polaroid camera"],
    "n04069434": ["reflex camera", "SLR camera"], "n02105855": ["Shetland sheepdog"], "n04429376": ["throne"], "n04525038": ["velvet"], "n04599235": ["wool", "woollen fabric"], "n03207941": ["dishwasher"],
    "n01692333": ["Gila monster"], "n02666196": ["abacus"], "n02840245": ["ring binder", "binder"], "n03929855": ["spiked helmet", "pickelhaube"], "n02009229": ["little blue heron"], "n04356056b": [],
    "n03065424": ["coil", "spiral"], "n04208210": ["shovel"], "n04525305": ["vending machine"], "n04540053": ["volleyball"], "n04118538": ["rugby ball"], "n04487394": ["trombone"], "n02787622": ["banjo"],
    "n02672831": ["accordion"], "n03249569": ["drum"], "n04192698": ["shield"], "n03942813": ["ping-pong ball", "table tennis ball"], "n02860847": ["bobsled", "bobsleigh"], "n03095699": ["container ship"],
    "n07860988": ["dough"], "n07892512": ["red wine"], "n02783161": ["ballpoint pen", "ballpoint"], "n02951585": ["can opener"], "n02883205": ["bow tie"], "n04596742": ["wok"], "n03291819": ["envelope"],
}  # fmt: skip
WNID_NAMES |= {
    "n03947888": ["pirate ship", "pirate"], "n03954731": ["carpenter's plane", "hand plane"], "n04033901": ["quill pen", "quill"], "n04325704": ["stole", "shawl"], "n03459775": ["car grille", "radiator grille"], "n03482405": ["laundry basket", "hamper"], "n03584829": ["clothes iron", "iron"],
    "n03595614": ["jersey", "sports jersey"], "n03786901": ["mortar and pestle", "mortar"], "n04039381": ["tennis racket", "racket"], "n04019541": ["hockey puck", "puck"], "n09835506": ["baseball player", "ballplayer"], "n02536864": ["coho salmon", "coho"], "n02817516": ["bearskin hat", "bearskin"],
    "n02797295": ["wheelbarrow", "barrow"], "n03207743": ["dishcloth", "dishrag"], "n03476684": ["hair clip", "hair slide"], "n03709823": ["mailbag", "messenger bag"], "n03729826": ["match", "matchstick"], "n11879895": ["rapeseed field", "rapeseed"], "n04344873": ["sofa bed", "studio couch"],
    "n03692522": ["loupe", "jeweller's magnifier"], "n02281406": ["sulphur butterfly"], "n02666196": ["abacus"], "n02087046": ["toy terrier"], "n03584254": ["iPod", "music player"], "n02423022": ["gazelle"], "n03131574": ["baby crib", "crib", "cot"], "n02804414": ["bassinet", "baby basket"],
    "n03888605": ["parallel bars"], "n02992211": ["cello"], "n04326547": ["stone wall"], "n03000134": ["chain-link fence"], "n02966193": ["carousel", "merry-go-round"], "n04461696": ["tow truck"], "n03938244": ["pillow"], "n02002724": ["black stork"], "n04147183": ["schooner"],
    "n03544143": ["hourglass", "sandglass"], "n03785016": ["moped"], "n03791053": ["motor scooter", "scooter"], "n02981792": ["catamaran"], "n03770679": ["minivan"], "n03769881": ["minibus"], "n03662601": ["lifeboat"], "n03670208": ["limousine", "limo"], "n03042490": ["cliff dwelling"],
    "n02835271": ["tandem bicycle", "bicycle-built-for-two"], "n03792782": ["mountain bike"], "n02860847": ["bobsled", "bobsleigh"], "n03218198": ["dogsled"], "n03220513": ["dome"], "n04141975": ["weighing scale", "scale"], "n04590129": ["window blind", "window shade"], "n04476259": ["tray"],
    "n07613480": ["trifle"], "n07590611": ["hot pot"], "n07802026": ["hay", "hay bale"], "n02892767": ["bra", "brassiere"], "n03877472": ["pajamas", "pyjamas"], "n04350905": ["suit", "business suit"], "n03450230": ["gown", "evening gown"], "n03496892": ["harvester", "combine harvester"],
    "n04428191": ["thresher", "threshing machine"], "n03498962": ["hatchet", "axe"], "n03866082": ["overskirt"], "n06359193": ["website", "web page"], "n03495258": ["harp"], "n03372029": ["flute"], "n04536866": ["violin", "fiddle"], "n03481172": ["hammer"], "n02206856": ["bee", "honeybee"], "n02190166": ["fly", "housefly"],
}  # fmt: skip
WNID_NAMES |= {
    "n02129165": ["lion"], "n02480495": ["orangutan"], "n01882714": ["koala", "koala bear"], "n02219486": ["ant"], "n02132136": ["brown bear"], "n02226429": ["grasshopper"], "n02321529": ["sea cucumber"], "n02058221": ["albatross"],
    "n01644900": ["tailed frog"], "n01983481": ["American lobster", "Maine lobster"], "n01984695": ["spiny lobster", "rock lobster"], "n01742172": ["boa constrictor"], "n01698640": ["American alligator", "alligator"], "n02074367": ["dugong", "sea cow"],
    "n02106662": ["German shepherd", "alsatian"], "n02655020": ["pufferfish", "puffer", "blowfish"], "n07873807": ["pizza"], "n07718472": ["cucumber"], "n07753275": ["pineapple"], "n02346627": ["porcupine"], "n02606052": ["rock beauty"], "n13052670": ["hen-of-the-woods"],
    "n03666591": ["lighter", "cigarette lighter"], "n02391049": ["zebra"], "n02398521": ["hippopotamus", "hippo"], "n02445715": ["skunk"], "n02408429": ["water buffalo"], "n04487081": ["trolleybus"], "n03494278": ["harmonica", "mouth organ"], "n03840681": ["ocarina"],
    "n01484850": ["great white shark", "white shark"], "n07695742": ["pretzel"], "n02669723": ["academic gown", "academic robe"], "n03888257": ["parachute"], "n04344873": ["sofa bed", "studio couch"], "n03127747": ["crash helmet", "motorcycle helmet"],
}  # fmt: skip
WNID_NAMES = {key: names for key, names in WNID_NAMES.items() if names}
# Parents where WordNet's are odd or missing once reduced to plain words.
WNID_PARENTS = {
    "n03976657": ["post"], "n03804744": ["hardware", "tool"], "n04008634": ["weapon"], "n03355925": ["pole"], "n02892201": ["sign"], "n02699494": ["church furniture"],
    "n03126707": ["machine"], "n09193705": ["mountain", "landscape"], "n09246464": ["rock", "landscape"], "n09256479": ["coral", "sea", "landscape"], "n09332890": ["lake", "water", "landscape"],
    "n09428293": ["sea", "water", "landscape"], "n07579787": ["dish", "meal", "food"], "n02769748": ["bag"], "n12267677": ["nut", "seed"], "n07920052": ["coffee", "drink"],
    "n07734744": ["fungus", "vegetable", "food"], "n04275548": ["web"], "n03544143": ["timer"], "n04149813": ["sign"], "n06596364": ["book"], "n03977966": ["police car", "van", "motor vehicle", "vehicle"],
    "n02814533": ["car", "motor vehicle", "vehicle"], "n04532670": ["bridge"], "n04366367": ["bridge"], "n04311004": ["bridge"], "n04486054": ["monument", "building"], "n03837869": ["monument"],
    "n02814860": ["tower", "building"], "n03042490": ["home", "building"], "n03089624": ["shop"], "n02927161": ["shop"], "n02791270": ["shop"], "n03160309": ["wall", "structure"], "n03388043": ["water"],
    "n04417672": ["roof"], "n03617480": ["robe", "clothing"], "n04254777": ["clothing"], "n02730930": ["clothing"], "n02883205": ["tie", "clothing"], "n04356056": ["glasses"], "n04355933": ["glasses"],
    "n03424325": ["mask"], "n02837789": ["swimsuit", "clothing"], "n03980874": ["cloak", "clothing"], "n04507155": [], "n04501370": ["gate"], "n04067472": ["fishing gear"], "n03970156": ["tool"],
    "n02948072": ["light"], "n04456115": ["light", "fire"], "n02802426": ["ball", "sports equipment"], "n04540053": ["ball", "sports equipment"], "n04118538": ["ball", "sports equipment"], "n07615774": ["frozen dessert", "dessert", "food"],
    "n03937543": ["bottle", "container"], "n03085013": ["computer equipment", "electronics"], "n04074963": ["electronics"], "n02988304": ["music player", "electronics"], "n03584254": ["music player", "electronics"],
    "n02977058": ["machine"], "n03891332": ["meter", "machine"], "n03902125": ["telephone"], "n04376876": ["medical instrument"], "n03814639": ["medical equipment"], "n03599486": ["cart", "vehicle"],
    "n03706229": ["measuring instrument"], "n04179913": ["machine"], "n03992509": ["wheel"], "n03250847": ["stick"], "n02999410": ["metal"], "n03014705": ["box", "container"], "n03763968": ["uniform", "clothing"],
    "n01768244": ["fossil", "sea animal", "animal"], "n01917289": ["coral", "sea animal", "animal"], "n01910747": ["sea animal", "animal"], "n02321529": ["sea animal", "animal"], "n01984695": ["lobster", "crustacean", "sea animal", "animal"],
    "n01983481": ["lobster", "crustacean", "sea animal", "animal"], "n03388183": ["pen", "writing tool"], "n03733131": ["pole"], "n02795169": ["container"], "n04560804": ["jug", "container"], "n03255030": ["weight", "gym equipment"],
    "n04023962": ["sports equipment"], "n04251144": ["diving gear"], "n03026506": ["stocking", "Christmas decoration"], "n02843684": [], "n02788148": ["stairs"], "n04265275": ["household appliance"],
    "n07930864": ["tableware", "container"], "n02980441": ["building"], "n07695742": ["bread", "snack", "baked goods", "food"], "n07248320": ["book"], "n04523525": [], "n03697007": ["factory", "building"], "n07565083": ["paper"], "n07802026": [], "n09229709": [], "n11879895": ["flower", "field"], "n04266014": ["spacecraft", "vehicle"], "n06359193": [], "n04238763": ["measuring instrument"], "n03692522": ["magnifying glass"], "n03314780": ["makeup"],
    "n03944341": ["toy"], "n04597913": ["spoon", "kitchen utensil"], "n03633091": ["spoon", "kitchen utensil"], "n02415577": ["sheep", "mammal", "animal"], "n03637318": ["lamp"], "n07871810": ["meat", "dish", "food"], "n02666196": ["calculator"], "n07583066": ["sauce", "dip", "food"], "n02125311": ["big cat", "mammal", "animal"],
    "n01784675": ["bug", "animal"], "n06785654": ["puzzle", "game"], "n03598930": ["puzzle", "game"], "n03724870": [], "n04584207": ["hair"], "n04423845": [], "n02877765": [], "n03657121": [], "n03825788": [], "n03775071": ["glove", "clothing"], "n02974003": ["wheel"], "n03874293": ["wheel"], "n04162706": ["belt"],
    "n04044716": ["antenna"], "n12620546": ["fruit", "plant"], "n12768682": ["nut", "seed"], "n07715103": ["vegetable", "food"], "n03447447": ["boat", "vehicle"], "n02701002": ["van", "motor vehicle", "vehicle"], "n04562935": ["tower", "building"], "n03877845": ["building"], "n03781244": ["building"],
}  # fmt: skip

# Caltech-101: class -> (names, parents or None: those of the merged concept or WordNet's for the first name)
CALTECH = {
    "Faces": (["human face", "face", "person's face", "portrait"], ["person"]), "Faces_easy": (["human face", "face", "person's face", "portrait"], ["person"]),
    "Leopards": (["leopard"], ["big cat", "mammal", "animal"]), "Motorbikes": (["motorcycle", "motorbike"], ["motor vehicle", "vehicle"]), "airplanes": (["airplane", "plane"], ["aircraft", "vehicle"]),
    "bass": (["bass fish", "bass"], ["fish", "animal"]), "binocular": (["binoculars"], ["optical instrument"]), "bonsai": (["bonsai", "bonsai tree"], ["tree", "plant"]),
    "brontosaurus": (["brontosaurus", "apatosaurus"], ["dinosaur", "reptile", "animal"]), "buddha": (["Buddha statue", "Buddha"], ["statue", "sculpture"]), "car_side": (["car", "automobile"], ["motor vehicle", "vehicle"]),
    "ceiling_fan": (["ceiling fan"], ["fan", "household appliance"]), "cellphone": (["mobile phone", "cell phone"], ["telephone", "electronics"]), "chandelier": (["chandelier"], ["lamp", "light"]),
    "cougar_body": (["cougar"], ["big cat", "mammal", "animal"]), "cougar_face": (["cougar"], ["big cat", "mammal", "animal"]), "crocodile_head": (["crocodile"], ["reptile", "animal"]), "crocodile": (["crocodile"], ["reptile", "animal"]),
    "cup": (["cup"], ["tableware", "container"]), "dalmatian": (["dalmatian"], ["dog", "mammal", "animal"]), "dollar_bill": (["dollar bill"], ["banknote", "money"]), "electric_guitar": (["electric guitar"], ["guitar", "stringed instrument", "musical instrument"]),
    "emu": (["emu"], ["bird", "animal"]), "euphonium": (["euphonium"], ["brass instrument", "wind instrument", "musical instrument"]), "ewer": (["ewer", "pitcher", "jug"], ["jug", "container"]), "flamingo_head": (["flamingo"], ["bird", "animal"]),
    "garfield": (["Garfield", "Garfield the cat"], ["cartoon character", "cartoon cat"]), "gerenuk": (["gerenuk"], ["antelope", "mammal", "animal"]), "gramophone": (["gramophone", "phonograph", "record player"], ["music player"]), "grand_piano": (["grand piano"], ["piano", "keyboard instrument", "musical instrument"]),
    "hawksbill": (["hawksbill turtle", "hawksbill"], ["sea turtle", "turtle", "reptile", "animal"]), "headphone": (["headphones"], ["electronics"]), "ibis": (["ibis"], ["wading bird", "bird", "animal"]), "inline_skate": (["inline skate", "rollerblade"], ["roller skate", "sports equipment"]),
    "joshua_tree": (["Joshua tree"], ["tree", "plant"]), "ketch": (["ketch"], ["sailboat", "boat", "vehicle"]), "lamp": (["lamp"], ["light", "furniture"]), "llama": (["llama"], ["mammal", "animal"]), "lotus": (["lotus"], ["flower", "plant"]),
    "mandolin": (["mandolin"], ["stringed instrument", "musical instrument"]), "mayfly": (["mayfly"], ["insect", "animal"]), "menorah": (["menorah"], ["candle holder"]), "metronome": (["metronome"], ["timer"]), "minaret": (["minaret"], ["tower", "mosque", "building"]),
    "nautilus": (["nautilus"], ["mollusk", "sea animal", "animal"]), "okapi": (["okapi"], ["mammal", "animal"]), "pagoda": (["pagoda"], ["temple", "tower", "building"]), "pigeon": (["pigeon"], ["bird", "animal"]), "platypus": (["platypus"], ["mammal", "animal"]),
    "pyramid": (["pyramid"], ["monument", "building"]), "revolver": (["revolver"], ["pistol", "gun", "weapon"]), "rhino": (["rhinoceros"], ["mammal", "animal"]), "saxophone": (["saxophone"], ["wind instrument", "musical instrument"]), "schooner": (["schooner"], ["sailboat", "boat", "vehicle"]),
    "sea_horse": (["seahorse", "sea horse"], ["fish", "animal"]), "snoopy": (["Snoopy"], ["cartoon character", "cartoon dog"]), "stapler": (["stapler"], ["office supplies"]), "starfish": (["starfish", "sea star"], ["sea animal", "animal"]),
    "stegosaurus": (["stegosaurus"], ["dinosaur", "reptile", "animal"]), "stop_sign": (["stop sign"], ["traffic sign", "sign"]), "tick": (["tick"], ["arachnid", "bug", "animal"]), "trilobite": (["trilobite"], ["fossil", "sea animal", "animal"]), "water_lilly": (["water lily"], ["flower", "plant"]),
    "watch": (["watch", "wristwatch"], ["clock"]), "wild_cat": (["wildcat"], ["cat", "mammal", "animal"]), "windsor_chair": (["Windsor chair"], ["chair", "furniture"]), "yin_yang": (["yin yang"], ["symbol"]), "sunflower": (["sunflower"], ["flower", "plant"]),
    "scorpion": (["scorpion"], ["arachnid", "bug", "animal"]), "dolphin": (["dolphin"], ["sea animal", "mammal", "animal"]), "octopus": (["octopus"], ["mollusk", "sea animal", "animal"]), "hedgehog": (["hedgehog"], ["mammal", "animal"]),
    "camera": (["camera"], ["electronics"]), "elephant": (["elephant"], ["mammal", "animal"]), "ant": (["ant"], ["insect", "animal"]), "anchor": (["anchor"], []), "pizza": (["pizza"], ["dish", "food"]),
    "crab": (["crab"], ["crustacean", "sea animal", "animal"]), "crayfish": (["crayfish"], ["crustacean", "animal"]), "barrel": (["barrel"], ["container"]), "cannon": (["cannon"], ["gun", "weapon"]), "brain": (["brain"], ["body part"]), "wheelchair": (["wheelchair"], ["chair", "vehicle"]),
    "chair": (["chair"], ["seat", "furniture"]), "soccer_ball": (["soccer ball"], ["ball", "sports equipment"]), "umbrella": (["umbrella"], []), "dragonfly": (["dragonfly"], ["insect", "animal"]), "scissors": (["scissors"], ["tool"]), "wrench": (["wrench", "spanner"], ["tool"]), "lobster": (["lobster"], ["crustacean", "sea animal", "animal"]),
}  # fmt: skip

# Grocery store: fine (or only) class -> (names, parents)
_APPLE, _MELON, _PEAR, _CITRUS, _FRUIT, _VEG = ["apple", "fruit", "food"], ["melon", "fruit", "food"], ["pear", "fruit", "food"], ["citrus fruit", "fruit", "food"], ["fruit", "food"], ["vegetable", "food"]
_JUICE, _MILK, _YOGHURT, _PEPPER, _POTATO, _TOMATO = ["juice", "carton", "drink"], ["dairy product", "carton", "drink"], ["dairy product", "food"], ["bell pepper", "vegetable", "food"], ["potato", "vegetable", "food"], ["tomato", "vegetable", "food"]
GROCERY = {
    "Golden-Delicious": (["Golden Delicious apple", "yellow apple"], _APPLE), "Granny-Smith": (["Granny Smith apple", "green apple"], _APPLE), "Pink-Lady": (["Pink Lady apple", "pink apple"], _APPLE),
    "Red-Delicious": (["Red Delicious apple", "dark red apple", "red apple"], _APPLE), "Royal-Gala": (["Royal Gala apple", "Gala apple"], _APPLE), "Avocado": (["avocado"], _FRUIT), "Banana": (["banana", "bananas"], _FRUIT), "Kiwi": (["kiwi fruit", "kiwi"], _FRUIT),
    "Lemon": (["lemon"], _CITRUS), "Lime": (["lime"], _CITRUS), "Mango": (["mango"], _FRUIT), "Cantaloupe": (["cantaloupe", "cantaloupe melon"], _MELON), "Galia-Melon": (["Galia melon"], _MELON), "Honeydew-Melon": (["honeydew melon", "honeydew"], _MELON), "Watermelon": (["watermelon"], _MELON),
    "Nectarine": (["nectarine"], _FRUIT), "Orange": (["orange", "oranges"], _CITRUS), "Papaya": (["papaya"], _FRUIT), "Passion-Fruit": (["passion fruit"], _FRUIT), "Peach": (["peach"], _FRUIT), "Anjou": (["Anjou pear", "green pear"], _PEAR), "Conference": (["Conference pear"], _PEAR), "Kaiser": (["Kaiser pear", "brown pear"], _PEAR),
    "Pineapple": (["pineapple"], _FRUIT), "Plum": (["plum"], _FRUIT), "Pomegranate": (["pomegranate"], _FRUIT), "Red-Grapefruit": (["grapefruit", "red grapefruit"], _CITRUS), "Satsumas": (["satsuma", "mandarin orange", "satsumas"], ["orange", *_CITRUS]),
    "Bravo-Apple-Juice": (["apple juice", "carton of apple juice"], _JUICE), "God-Morgon-Apple-Juice": (["apple juice", "carton of apple juice"], _JUICE), "Tropicana-Apple-Juice": (["apple juice", "carton of apple juice"], _JUICE),
    "Bravo-Orange-Juice": (["orange juice", "carton of orange juice"], _JUICE), "God-Morgon-Orange-Juice": (["orange juice", "carton of orange juice"], _JUICE), "Tropicana-Juice-Smooth": (["orange juice", "carton of orange juice"], _JUICE),
    "God-Morgon-Orange-Red-Grapefruit-Juice": (["orange and grapefruit juice"], _JUICE), "God-Morgon-Red-Grapefruit-Juice": (["grapefruit juice"], _JUICE), "Tropicana-Golden-Grapefruit": (["grapefruit juice"], _JUICE), "Tropicana-Mandarin-Morning": (["mandarin juice"], _JUICE),
    **dict.fromkeys(["Arla-Ecological-Medium-Fat-Milk", "Arla-Lactose-Medium-Fat-Milk", "Arla-Medium-Fat-Milk", "Arla-Standard-Milk", "Garant-Ecological-Medium-Fat-Milk", "Garant-Ecological-Standard-Milk"], (["milk carton", "milk", "carton of milk"], _MILK)),
    "Oatly-Oat-Milk": (["oat milk", "carton of oat milk"], ["milk", "carton", "drink"]), "Oatly-Natural-Oatghurt": (["oat yoghurt", "oatghurt"], ["yoghurt", "food"]), "Arla-Ecological-Sour-Cream": (["sour cream"], _YOGHURT), "Arla-Sour-Cream": (["sour cream"], _YOGHURT), "Arla-Sour-Milk": (["sour milk", "soured milk"], _MILK),
    "Alpro-Fresh-Soy-Milk": (["soy milk", "carton of soy milk"], ["milk", "carton", "drink"]), "Alpro-Shelf-Soy-Milk": (["soy milk", "carton of soy milk"], ["milk", "carton", "drink"]), "Alpro-Blueberry-Soyghurt": (["soy yoghurt", "blueberry soy yoghurt"], ["yoghurt", "food"]), "Alpro-Vanilla-Soyghurt": (["soy yoghurt", "vanilla soy yoghurt"], ["yoghurt", "food"]),
    **dict.fromkeys(["Arla-Natural-Mild-Low-Fat-Yoghurt", "Arla-Natural-Yoghurt"], (["yoghurt", "yogurt", "natural yoghurt"], _YOGHURT)), **dict.fromkeys(["Arla-Mild-Vanilla-Yoghurt", "Valio-Vanilla-Yoghurt", "Yoggi-Vanilla-Yoghurt"], (["vanilla yoghurt", "vanilla yogurt"], ["yoghurt", *_YOGHURT])),
    "Yoggi-Strawberry-Yoghurt": (["strawberry yoghurt", "strawberry yogurt"], ["yoghurt", *_YOGHURT]), "Asparagus": (["asparagus"], _VEG), "Aubergine": (["eggplant", "aubergine"], _VEG), "Cabbage": (["cabbage"], _VEG), "Carrots": (["carrot", "carrots"], _VEG), "Cucumber": (["cucumber"], _VEG), "Garlic": (["garlic"], _VEG),
    "Ginger": (["ginger", "ginger root"], _VEG), "Leek": (["leek", "leeks"], _VEG), "Brown-Cap-Mushroom": (["brown mushroom", "brown cap mushroom"], ["mushroom", "vegetable", "food"]), "Yellow-Onion": (["onion", "yellow onion"], _VEG), "Green-Bell-Pepper": (["green bell pepper", "green pepper"], _PEPPER), "Orange-Bell-Pepper": (["orange bell pepper", "orange pepper"], _PEPPER),
    "Red-Bell-Pepper": (["red bell pepper", "red pepper"], _PEPPER), "Yellow-Bell-Pepper": (["yellow bell pepper", "yellow pepper"], _PEPPER), "Floury-Potato": (["potato", "potatoes"], _VEG), "Solid-Potato": (["potato", "potatoes"], _VEG), "Sweet-Potato": (["sweet potato"], _POTATO), "Red-Beet": (["beetroot", "red beet", "beet"], _VEG),
    "Beef-Tomato": (["beef tomato", "large tomato"], _TOMATO), "Regular-Tomato": (["tomato", "tomatoes"], _VEG), "Vine-Tomato": (["vine tomato", "tomatoes on the vine"], _TOMATO), "Zucchini": (["zucchini", "courgette"], _VEG),
}  # fmt: skip

CLOTHING = {
    "T-Shirt": (["t-shirt", "T-shirt", "tee"], ["shirt", "clothing"]), "Longsleeve": (["long-sleeved shirt", "long sleeve top", "longsleeve"], ["shirt", "clothing"]), "Pants": (["pants", "trousers"], ["clothing"]), "Shoes": (["shoe", "shoes", "pair of shoes"], ["footwear", "clothing"]), "Shirt": (["shirt", "button-up shirt"], ["clothing"]),
    "Dress": (["dress"], ["clothing"]), "Outwear": (["jacket", "outerwear"], ["clothing"]), "Shorts": (["shorts"], ["pants", "clothing"]), "Hat": (["hat"], ["headgear", "clothing"]), "Skirt": (["skirt"], ["clothing"]), "Polo": (["polo shirt"], ["shirt", "clothing"]), "Undershirt": (["undershirt", "tank top", "vest"], ["underwear", "shirt", "clothing"]),
    "Blazer": (["blazer", "suit jacket"], ["jacket", "clothing"]), "Hoodie": (["hoodie", "hooded sweatshirt"], ["sweater", "clothing"]), "Body": (["baby bodysuit", "bodysuit", "onesie"], ["baby clothes", "clothing"]), "Top": (["women's top", "top"], ["shirt", "clothing"]), "Blouse": (["blouse"], ["shirt", "clothing"]),
}  # fmt: skip
TRASH = {
    "cardboard": (["cardboard"], ["packaging", "waste"]), "glass": (["glass bottle", "glass"], ["bottle", "container", "waste"]), "metal": (["metal can", "tin can", "metal"], ["can", "container", "waste"]), "paper": (["sheet of paper", "paper"], ["waste"]), "plastic": (["plastic packaging", "plastic", "plastic bottle"], ["packaging", "waste"]), "trash": (["trash", "garbage", "rubbish"], ["waste"]),
}  # fmt: skip
ECUSTFD = {
    "apple": ["apple"], "banana": ["banana"], "bread": ["bread"], "bun": ["bun", "bread roll", "steamed bun"], "doughnut": ["doughnut", "donut"], "egg": ["egg"], "fired_dough_twist": ["fried dough twist", "mahua"], "grape": ["grapes"], "lemon": ["lemon"], "litchi": ["lychee", "litchi"], "mango": ["mango"], "mooncake": ["moon cake", "mooncake"],
    "orange": ["orange"], "peach": ["peach"], "pear": ["pear"], "plum": ["plum"], "qiwi": ["kiwi fruit", "kiwi"], "sachima": ["sachima", "sweet rice cracker"], "tomato": ["tomato"],
}  # fmt: skip
FRUITS = ["apple", "banana", "grapes", "lemon", "lychee", "mango", "orange", "peach", "pear", "plum", "kiwi fruit", "cherries"]
FLOWERS = {"daisy": ["daisy"], "dandelion": ["dandelion"], "rose": ["rose"], "sunflower": ["sunflower"], "tulip": ["tulip"]}
HOUSES = {"bathroom": (["bathroom"], ["room"]), "bedroom": (["bedroom"], ["room"]), "kitchen": (["kitchen"], ["room"]), "frontal": (["house", "front of a house"], ["home", "building"])}
CIFAR = {
    "airplane": (["airplane", "plane"], ["aircraft", "vehicle"]), "automobile": (["car", "automobile"], ["motor vehicle", "vehicle"]), "bird": (["bird"], ["animal"]), "cat": (["cat"], ["mammal", "animal"]), "deer": (["deer"], ["mammal", "animal"]), "dog": (["dog"], ["mammal", "animal"]), "frog": (["frog"], ["amphibian", "animal"]),
    "horse": (["horse"], ["mammal", "animal"]), "ship": (["ship"], ["boat", "vehicle"]), "truck": (["truck", "lorry"], ["motor vehicle", "vehicle"]),
}  # fmt: skip
BODIES = {"Apple": ["apple"], "Cherry": ["cherries", "cherry"], "Tomato": ["tomato"]}

# ffml: words in a dish's name -> its nearer parents; the first that fits is taken.
DISH_KINDS = [
    ("ICE CREAM|ICECREAM", ["ice cream", "dessert"]), ("CAKE|CHEESECAKE|TIRAMISU|PRAJITURA|CREMES|VERDENS|JAFFA", ["cake", "dessert"]), ("CUPCAKE|MUFFIN|MADELEINE", ["cupcake", "dessert"]), ("PUDDING|DESSERT|DESERT|MILKSHAKE", ["dessert"]), ("SOUP", ["soup"]), ("SALAD", ["salad"]),
    ("PIZZA", ["pizza"]), ("HOT DOG", ["hot dog"]), ("BURGER|HAMBURGER", ["hamburger"]), ("SANDWICH|TOAST", ["sandwich"]), ("CROISSANT", ["croissant", "pastry"]), ("DONUT|CHURROS|GOGOSI|GOMBOTI", ["doughnut", "dessert"]), ("PASTRY|STRUDEL|PIE|BACLAVA|ECLAIR|PUFFS WITH|NUSSS|BASKET", ["pastry"]),
    ("BISCUIT|COOKIE|WAFER|STROOPWAFELS|CRACKERS", ["cookie", "snack"]), ("CANDY|BONBON|LOLLIPOP|GUM|TOFFEE|MENTOS|TIC-TAC|SUGUS|RAHAT|RAFFAELLO|GUMMY", ["candy", "sweets"]), ("CHOCOLATE|CHOCOLAT|KITKAT|MUESLI BAR", ["chocolate", "sweets"]), ("CHIPS|FLIPS|POM-BAR|CHRUP|PRETZEL|POPCORN|PEANUT|CASHEW|CEREAL|PUFFS|CORN", ["snack"]),
    ("FRIES", ["french fries"]), ("SAUCE|KETCHUP|MUSTARD|JAM|ZACUSCA", ["sauce"]), ("STEW|GOULASH|CURRY|RAGU", ["stew"]), ("PENNE|FARFALLE|PASTA|TAGLIATELLE|LINGUINI|TORTELL|FUSILLI|LASAGNA|MACARONI|CORNETTI|TORTIGLIONI|GNOCCHI|NOODLES", ["pasta"]), ("RICE|RISOTTO|COUSCOUS", ["rice"]),
    ("SAUSAGE|WURST|MICI|SALAMI|MORTADELLA|HAM|LARD", ["sausage", "meat"]), ("EGG|OMELETTE", ["egg"]), ("CHICKEN|WINGS|DRUMSTICK|TURKEY|DUCK|KFC", ["chicken", "meat"]), ("PORK|BEEF|MUTTON|VEAL|LAMB|MEAT|SKEWER|KEBAP|PIG|LEBER|PATE", ["meat"]), ("FISH|TROUT|SALMON|HAKE|MUSSELS|SHRIMP|TUNA|ROE", ["seafood"]), ("CHEESE", ["cheese"]),
    ("POTATO", ["potato"]), ("BREAD|BAGUETTE|PITA", ["bread"]), ("TACO|FAJITA", ["taco"]), ("VEGETABLE|CARROT|SPINACH|MUSHROOM|CABBAGE|ZUCCHINI|LENTIL|BEAN", ["vegetables"]),
]  # fmt: skip
# ffml: folder -> name, where the folder's is odd or the thing has a concept already.
DISHES = {
    "LOLLIPOPS": "lollipop", "SIMPLE DONUTS": "doughnut", "BACLAVA": "baklava", "CORN ON THE COBB": "corn on the cob", "EGGBPLANTS SALAD": "eggplant salad", "TOMATO KETCHUP": "ketchup", "SIMPLE CROUTONS": "croutons", "SIMPLE COOKED COUSCOUS": "couscous", "PRETZEL WITH SALT": "salted pretzel", "CREMES": "cremes cake", "BOEUF SALAD": "beef salad",
    "ASSORTED SALAD": "mixed salad", "CLASSIC TOAST": "toast", "SIMPLE CUPCAKES WITH SUGAR": "cupcake", "CHICKEN SHAORMA": "chicken shawarma", "NUSSSCHNECKEN": "nut roll pastry", "LASAGNA (WITH  BEEF MEAT)": "lasagna", "PRAJITURA DESTEAPTA WITH VANILLA": "vanilla custard cake", "MILKSHAKE DESERT": "milkshake dessert", "VERDENS BESTE": "meringue cake", "VERDENS BESTE CAKE": "meringue layer cake",
    "ADANA KEBAP": "Adana kebab", "CHICKEN KEBAP": "chicken kebab", "FISH FINGERS": "fish fingers", "STEAM MUSSELS IN WHITE WINE BROTH": "steamed mussels", "RAHAT LOKUM (TURKISH DELIGHT)": "Turkish delight", "POLENTA (MAMALIGA)": "polenta", "YELLOW MUSTARD": "mustard", "FRESH GARDEN SALAD": "garden salad", "GRILLED HOT DOG": "hot dog", "SARMALE (PORK MEAT)": "cabbage rolls",
    "MICI (BEEF & PORK MEAT)": "grilled minced meat rolls", "CHOCOLATE CANDY FILLED WEITH LEMON CREAM": "chocolate candy filled with lemon cream", "CRUNCHY TACO": "taco", "SWEEET CORN PUFFS WITH MILK POWDER": "sweet corn puffs",
}  # fmt: skip

# --- Scenes, weather, grounds: names, parents, and keywords; a keyword that is another concept's name is no wrong answer there -----

OUTDOORS = ["outdoors", "landscape"]
NATURE = ["nature", *OUTDOORS]
INTEL = {
    "buildings": (["building", "buildings", "city buildings"], ["architecture", "city", "outdoors"], ["town", "skyscraper", "apartment building", "office building"]),
    "forest": (["forest", "woods", "woodland"], ["trees", *NATURE], ["tree", "green", "hiking", "path", "park", "leaves", "jungle"]),
    "glacier": (["glacier", "ice field"], ["ice", "snow", *NATURE], ["mountain", "alp", "cold", "snowy mountain", "iceberg", "winter"]),
    "mountain": (["mountain", "mountains"], NATURE, ["alp", "valley", "cliff", "hills", "hiking", "peak"]),
    "sea": (["sea", "ocean"], ["water", *NATURE], ["seashore", "beach", "coast", "waves", "seaside", "horizon", "shore"]),
    "street": (["street", "city street"], ["road", "city", "outdoors"], ["town", "traffic", "downtown", "alley", "urban"]),
}
WEATHER = {
    "cloudy": (["cloudy sky", "clouds", "overcast sky"], ["sky", "weather", "nature", "outdoors"], ["cloud", "cloudy", "overcast", "grey sky"]),
    "rain": (["rain", "rainy day", "rainy weather"], ["weather", "outdoors"], ["wet", "rainy", "umbrella", "raindrops"]),
    "shine": (["sunny sky", "sunshine", "blue sky"], ["sky", "weather", "nature", "outdoors"], ["sunny", "sun", "bright", "clear sky", "summer"]),
    "sunrise": (["sunrise"], ["sky", *NATURE], ["sunset", "dawn", "dusk", "evening sky", "sun", "horizon"]),
}
GROUNDS = {
    "asphalt": (["asphalt", "tarmac"], ["ground", "surface"], ["road", "road surface"]),
    "sett": (["cobblestones", "cobblestone"], ["ground", "surface"], ["stone", "stones", "street"]),
    "cobblestone": (["cobblestones", "cobblestone"], ["ground", "surface"], []),
    "paving stones": (["paving stones", "pavement"], ["ground", "surface"], ["sidewalk", "stone", "bricks"]),
    "concrete plates": (["paving stones", "pavement"], ["ground", "surface"], []),
    "gravel": (["gravel", "pebbles"], ["ground", "surface"], ["stones", "rocks"]),
    "grass": (["grass", "lawn"], ["plant", "ground", "surface"], ["green", "meadow", "garden"]),
    "ground": (["bare soil", "soil", "dirt"], ["ground", "surface"], ["earth", "sand"]),
    "concrete": (["concrete"], ["ground", "surface"], ["cement"]),
}
